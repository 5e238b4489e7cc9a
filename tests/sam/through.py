"""An HTTP client's way through the gateway to a function, and beside it to the local server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from uuid import uuid4

import httpx

from events import gateway
from events.runtime import Function

BASE = f"https://{gateway.HOST}/{gateway.STAGE}"

_MOMENT = re.compile(rb'("(?:next|previous)Cursor":)"[^"]+"')
"""A cursor says when it was made."""

_OF_A_SERVER = {"date", "x-request-id", "content-length"}


class ThroughGateway(httpx.BaseTransport):
    """Sends each request to its function as the gateway does, a body now plain, now in base64.

    What changes nothing (a read, and whatever is refused) is asked over HTTP too, of the same data,
    and the two answers have to agree byte for byte, but for the URL that was asked.
    """

    def __init__(self, functions: Mapping[str, Function], http_url: str) -> None:
        self.differences: list[str] = []
        self.compared = 0
        self.encoded = 0
        self._functions = functions
        self._http_url = http_url
        self._http = httpx.Client(trust_env=False, timeout=60)
        self._bodies = count()

    def disconnect(self) -> None:
        """Let go of the connection to the local server."""
        self._http.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request below BASE."""
        target = request.url.raw_path.decode().removeprefix(f"/{gateway.STAGE}")
        sent = gateway.Request(
            request.method,
            target,
            tuple((k, v) for k, v in request.headers.items() if k not in {"host", "connection"}),
            request.read() or None,
        )
        response = self._invoke(sent)
        reads = sent.method in {"GET", "HEAD"} or target.partition("?")[0].endswith("/.search")
        if reads or response.is_error:
            self._compare(sent, response)
        return response

    def _invoke(self, sent: gateway.Request) -> httpx.Response:
        encoded = sent.body is not None and next(self._bodies) % 2 == 1
        self.encoded += encoded
        event = gateway.event(sent, str(uuid4()), encoded=encoded)
        function = self._functions[gateway.function(sent.target.partition("?")[0])]
        answer = function.invoke(event)
        assert "statusCode" in answer, f"{function.name} failed: {answer}"
        assert not answer["isBase64Encoded"], "SCIM is text"
        headers = [
            (name, value)
            for name, values in {
                **{name: [value] for name, value in (answer.get("headers") or {}).items()},
                **(answer.get("multiValueHeaders") or {}),
            }.items()
            for value in values
        ]
        return httpx.Response(
            answer["statusCode"], headers=headers, content=answer["body"].encode()
        )

    def _compare(self, sent: gateway.Request, response: httpx.Response) -> None:
        other = self._http.request(
            sent.method, f"{self._http_url}{sent.target}", headers=sent.headers, content=sent.body
        )
        self.compared += 1
        ours, theirs = _seen(response, BASE), _seen(other, self._http_url)
        if ours != theirs:
            self.differences.append(f"{sent.method} {sent.target}: {ours} but HTTP {theirs}")


def _seen(response: httpx.Response, base: str) -> tuple[int, dict[str, str], bytes]:
    """Return what has to agree of an answer, with the URL that was asked left out."""
    headers = {
        name: value.replace(base, "")
        for name, value in response.headers.items()
        if name not in _OF_A_SERVER
    }
    content = response.content.replace(base.encode(), b"")
    return response.status_code, headers, _MOMENT.sub(rb"\1", content)
