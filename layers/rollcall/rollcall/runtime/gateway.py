"""The REST API in front of an application: its events as requests, wherever it is reached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from mangum import Mangum
from mangum.handlers import APIGateway
from mangum.types import Scope
from starlette.applications import Starlette

from rollcall.http.paths import BASE, HANDOVER, REPORTS
from rollcall.http.request_url import ROOT
from rollcall.http.responses import MEDIA_TYPE

_BEGIN = re.compile(rf"{BASE.pattern}|{HANDOVER}(?=/|$)|{REPORTS}(?=/)")


class Gateway(APIGateway):
    """A request as the gateway hands it on, parted into where the API is and what is asked.

    Behind its own host name the gateway takes the stage off `path`; behind a domain of one's own it
    leaves the base path, and a stage that the mapping does not name, on. `requestContext.path` is
    always what the client sent.
    """

    def __init__(self, event: Any, context: Any, config: Any) -> None:
        """Take an event as the gateway made it of a request."""
        super().__init__(_plain(event), context, config)

    @property
    def scope(self) -> Scope:
        """Return the ASGI scope; what precedes /scim, or a page's path, is kept as the root."""
        scope = super().scope
        path = unquote(self.event["path"])
        sent = unquote(self.event["requestContext"].get("path") or path)
        begin = found.start() if (found := _BEGIN.search(path)) else 0
        before = sent[: -len(path)] if path and sent.endswith(path) else ""
        root = (before + path[:begin]).rstrip("/")
        return {**scope, "path": path[begin:], "state": {ROOT: root}}


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event whose forwarded headers Mangum understands, whatever a proxy made of them.

    It takes the port for a number, and what several proxies said of the protocol for a scheme.
    """

    def kept(headers: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            name: value
            for name, value in (headers or {}).items()
            if name.lower() != "x-forwarded-port"
            and (name.lower() != "x-forwarded-proto" or value in ("http", ["http"]))
        }

    many = kept(event.get("multiValueHeaders"))
    return {**event, "headers": kept(event.get("headers")), "multiValueHeaders": many}


def behind_gateway(app: Starlette) -> Mangum:
    """Return an application as a Lambda handler behind the REST API."""
    # Mangum would run the lifespan on every call, and answer SCIM's media type in base64.
    return Mangum(
        app,
        lifespan="off",
        custom_handlers=[Gateway],
        text_mime_types=["text/", "application/json", MEDIA_TYPE],
    )
