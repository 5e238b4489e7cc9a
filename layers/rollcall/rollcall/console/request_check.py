"""Which requests the console answers: those of its own pages, in the browser that signed in.

Loopback is open to every program and every page on the machine. So the name of the host must be the
one in the link, a request that changes something must come from a page of this very origin, and all
but the sign-in needs the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rollcall.console.sign_in import ConsoleSignIn

FOLLOWING = "rollcall-following"
"""The header of requests that a page repeats by itself: they do not keep the session alive."""

OPEN_PATHS = {"/", "/sign-in"}
"""What is answered without a session: the page that signs in, and its request."""

MAX_BODY = 256 * 1024
MAX_UPLOAD = 100 * 1024 * 1024
UPLOADS = "/upload"
"""The most bytes of a body; paths that end with UPLOADS take a file."""

BODY_SECONDS = 60
"""How long a body may take to arrive; it comes from this machine."""

ENDED = (
    "This console is not open in this browser, or it has ended: 30 minutes without a request, or "
    "its command was stopped. `rollcall console` opens another.\n"
)

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class RequestCheck:
    """ASGI middleware: refuses requests from elsewhere, and adds the headers of every answer."""

    def __init__(self, app: ASGIApp, sign_in: ConsoleSignIn, policy: str) -> None:
        self._app = app
        self._sign_in = sign_in
        self._headers = {**HEADERS, "Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        headers = Headers(scope=scope)
        status, reason = self._refusal(scope["method"], scope["path"], headers)
        if status:
            await PlainTextResponse(reason, status)(scope, receive, send_with_headers)
            return
        if scope["path"] not in OPEN_PATHS and FOLLOWING not in headers:
            self._sign_in.note_request()
        await self._app(scope, _in_time(receive), send_with_headers)

    def _refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str]:
        """Return the status and the reason of a refusal, 0 for a request that is answered."""
        refusals = self._refusals(method, path, headers)
        return next(((status, reason) for fits, status, reason in refusals if not fits), (0, ""))

    def _refusals(
        self, method: str, path: str, headers: Headers
    ) -> Iterator[tuple[bool, int, str]]:
        """Yield whether a request fits, one condition after the other."""
        own, site = self._sign_in, headers.get("sec-fetch-site", "")
        host = own.origin.removeprefix("http://")
        yield headers.getlist("host") == [host], 421, "This host is not served here.\n"
        if method not in {"GET", "HEAD"}:
            from_here = headers.getlist("origin") == [own.origin] and site == "same-origin"
            yield from_here, 403, "Only the console's own pages may ask for this.\n"
            yield _is_small(path, headers), 413, "The request is too large.\n"
        if path in OPEN_PATHS:
            return
        yield path.startswith(f"{own.path}/"), 404, ENDED
        yield (
            site in {"same-origin", "none"},
            403,
            "Other pages may not lead here: open the console from its own link.\n",
        )
        yield any(map(own.admits, _cookies(headers, own.cookie))), 401, ENDED


def _is_small(path: str, headers: Headers) -> bool:
    """Tell whether a body says how long it is, in one way, and is within the bounds."""
    length = headers.get("content-length", "")
    most = MAX_UPLOAD if path.endswith(UPLOADS) else MAX_BODY
    is_plain = length.isascii() and length.isdigit() and len(length) < 12
    return is_plain and int(length) <= most and "transfer-encoding" not in headers


def _cookies(headers: Headers, name: str) -> Iterator[str]:
    """Yield the values of all cookies of a name.

    Browsers send one port what another has set, so others may have set this name as well, or values
    that a parser of the whole header stops at.
    """
    for each in "; ".join(headers.getlist("cookie")).split(";"):
        found, _, value = each.strip().partition("=")
        if found == name:
            yield value


def _in_time(receive: Receive) -> Receive:
    """Return what receives a body: one that is not there in time counts as broken off."""
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    whole = False

    async def receive_in_time() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return receive_in_time
