"""Requests as events of the REST API (Lambda proxy integration)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from events.template import Route, Template

STAGE = "live"
HOST = "abc123.execute-api.eu-west-1.amazonaws.com"
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """A request below the stage; `target` is the path with its query, as sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


class NoRouteError(LookupError):
    """No route: the gateway itself answers this path."""


def event(
    request: Request, request_id: str = REQUEST_ID, *, encoded: bool = False
) -> dict[str, Any]:
    """Return the event of a request, its body in base64 on demand. Raises NoRouteError.

    Query parameters are decoded, the path is as it was sent.
    """
    split = urlsplit(f"//{HOST}{request.target}")
    route, parameters = _routed(split.path)
    query = parse_qsl(split.query, keep_blank_values=True)
    headers = [("Host", HOST), *request.headers]
    headers += [("X-Forwarded-For", "203.0.113.7"), ("X-Forwarded-Port", "443")]
    headers += [("X-Forwarded-Proto", "https")]
    return {
        "resource": route.path,
        "path": split.path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _many(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _many(query) or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route.path,
            "httpMethod": request.method,
            "path": f"/{STAGE}{split.path}",
            "protocol": "HTTP/1.1",
            "stage": STAGE,
            "domainName": HOST,
            "requestId": request_id,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": None},
        },
        "body": _body(request.body, encoded=encoded),
        "isBase64Encoded": encoded and request.body is not None,
    }


def request(handed: dict[str, Any]) -> Request:
    """Return the request of an event."""
    query = [
        (name, value)
        for name, values in (handed["multiValueQueryStringParameters"] or {}).items()
        for value in values
    ]
    added = {"Host", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto"}
    headers = [
        (name, value)
        for name, values in handed["multiValueHeaders"].items()
        for value in values
        if name not in added
    ]
    body = handed["body"]
    if body is not None:
        body = base64.b64decode(body) if handed["isBase64Encoded"] else body.encode()
    target = handed["path"] + (f"?{urlencode(query)}" if query else "")
    return Request(handed["httpMethod"], target, tuple(headers), body)


def function(path: str) -> str:
    """Return the logical id of the function of a path. Raises NoRouteError."""
    return _routed(path)[0].function


@cache
def _routes() -> list[Route]:
    return Template().routes()


def _routed(path: str) -> tuple[Route, dict[str, str]]:
    for route in _routes():
        found = route.match(path)
        if found is not None:
            return route, {name: unquote(value) for name, value in found.items()}
    raise NoRouteError(f"the gateway has no route for {path}")


def _many(pairs: Pairs) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


def _body(body: bytes | None, *, encoded: bool) -> str | None:
    if body is None:
        return None
    return base64.b64encode(body).decode() if encoded else body.decode()
