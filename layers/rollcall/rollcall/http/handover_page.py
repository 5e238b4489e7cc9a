"""The hand-over page: shows endpoint and token once, and the steps with this tenant's values.

The code is in the fragment of the link and is sent in a body, so that it reaches no log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from string import Template
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from rollcall.http import request_body
from rollcall.http.paths import HANDOVER
from rollcall.http.request_url import base_url
from rollcall.scim.errors import InvalidSyntaxException, NotFoundException, Unavailable
from rollcall.tenants.handover import HandoverService, HandoverStatus
from rollcall.tenants.tenants import TenantError
from rollcall.web_page import WebPage, asset, escaped

MAX_BODY = 1024

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The headers of every answer: nobody may cache, frame or index it, or name it as a referrer."""

MAX_FLAGS = 1_000
"""How many flags are read to count duplicates, each of which flags two accounts or more."""


@dataclass(frozen=True)
class DirectoryFacts:
    """The state of a tenant's directory, as the page shows it.

    `has_template` says that a New User Template applies to all users. `users` are those whom the
    identity provider has created or linked, `duplicates` the open findings of people with several
    accounts, among the first MAX_FLAGS flags.
    """

    has_template: bool
    users: int
    groups: int
    duplicates: int = 0


FactsOf = Callable[[str], DirectoryFacts]


def routes(
    handovers: HandoverService, facts_of: FactsOf, product: str, support: str
) -> list[Route]:
    """Return the routes of the page: document, status, and token.

    `product` is what the administrator calls the application, `support` where to ask for help.
    """
    page = _page(product)
    html = "".join(page.document([_body(product, support)]))
    headers = {**HEADERS, "Content-Security-Policy": f"{page.policy}; frame-ancestors 'none'"}

    async def document(request: Request) -> Response:
        return HTMLResponse(html, headers=headers)

    async def read_status(request: Request) -> Response:
        code = await _code(request)
        status = await run_in_threadpool(handovers.status, code)
        if status is None:
            raise _unknown()
        request.state.log["tenant"] = status.tenant
        facts = await run_in_threadpool(facts_of, status.tenant)
        return _answer(_status(request, status, facts))

    async def reveal_token(request: Request) -> Response:
        code = await _code(request)
        try:
            issued = await run_in_threadpool(handovers.reveal, code)
        except TenantError as error:
            request.state.log["reason"] = str(error)
            raise Unavailable("the token cannot be made, ask for help") from error
        if issued is None:
            raise _unknown()
        tenant = code.partition(".")[0]
        request.state.log |= {"tenant": tenant, "token_id": issued.token.id}
        url, expires = base_url(request, tenant), issued.token.expires
        return _answer({"url": url, "token": issued.plain, "expires": expires})

    return [
        Route(HANDOVER, document, methods=["GET"]),
        Route(f"{HANDOVER}/status", read_status, methods=["POST"]),
        Route(f"{HANDOVER}/token", reveal_token, methods=["POST"]),
    ]


async def _code(request: Request) -> str:
    payload = await request_body.read(request, MAX_BODY)
    code = payload.get("code") if isinstance(payload, dict) else None
    if not isinstance(code, str):
        raise InvalidSyntaxException(detail="the body must be an object with a code")
    return code


def _status(request: Request, status: HandoverStatus, facts: DirectoryFacts) -> dict[str, Any]:
    content: dict[str, Any] = {
        "tenant": status.tenant,
        "opensUntil": status.opens_until,
        "open": status.tenant_is_active,
        "template": facts.has_template,
    }
    if status.shown:
        use = status.use
        content |= {
            "url": base_url(request, status.tenant),
            "shown": status.shown,
            "toldUntil": status.status_until,
            "live": status.token_is_live,
            "firstUse": use.first if use else None,
            "lastUse": use.last if use else None,
            "users": facts.users,
            "groups": facts.groups,
            "duplicates": facts.duplicates,
        }
    return content


def _answer(content: dict[str, Any]) -> Response:
    return JSONResponse(content, headers=HEADERS)


def _unknown() -> NotFoundException:
    return NotFoundException(detail="the link is not complete, or it has expired")


def _page(product: str) -> WebPage:
    return WebPage(
        f"Connect Microsoft Entra ID to {product}",
        style=_asset("handover.css"),
        script=_asset("handover.js"),
        head=_asset("handover_head.html"),
        allowed=("img-src data:", "connect-src 'self'"),
    )


def _body(product: str, support: str) -> str:
    values = {"product": product, "support": support, "help": _help(support)}
    template = Template(_asset("handover.html"))
    return template.substitute({name: escaped(value) for name, value in values.items()})


def _asset(name: str) -> str:
    return asset("rollcall.http", f"pages/{name}")


def _help(support: str) -> str:
    """Return the URL of the support."""
    return support if "://" in support else f"mailto:{support}"
