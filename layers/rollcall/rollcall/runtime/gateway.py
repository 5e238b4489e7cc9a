"""The REST API of API Gateway in front of an application: its events as ASGI requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from mangum import Mangum
from mangum.handlers import APIGateway
from mangum.types import Scope
from starlette.applications import Starlette

from rollcall.http.paths import BASE, HANDOVER, METADATA, OAUTH, REPORTS
from rollcall.http.request_url import ROOT
from rollcall.http.responses import MEDIA_TYPE

_OAUTH = re.sub(r"\?P<tenant>", "?:", OAUTH.pattern)
_BEGIN = re.compile(rf"{BASE.pattern}|{METADATA}|{_OAUTH}|{HANDOVER}(?=/|$)|{REPORTS}(?=/)")


class Gateway(APIGateway):
    """A request from the gateway, whose path is split into the root of the API and the rest.

    With the gateway's own host name, `path` has no stage; with a custom domain, it has the base
    path, and the stage if the mapping does not name it. `requestContext.path` is always the path
    that the client sent.
    """

    def __init__(self, event: Any, context: Any, config: Any) -> None:
        """Take an event of the gateway."""
        super().__init__(_plain(event), context, config)

    @property
    def scope(self) -> Scope:
        """Return the ASGI scope; the path before /scim, or before a page's path, is the root."""
        scope = super().scope
        path = unquote(self.event["path"])
        sent = unquote(self.event["requestContext"].get("path") or path)
        begin = match.start() if (match := _BEGIN.search(path)) else 0
        stage = sent[: -len(path)] if path and sent.endswith(path) else ""
        root = (stage + path[:begin]).rstrip("/")
        return {**scope, "path": path[begin:], "state": {ROOT: root}}


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event without the forwarded headers that Mangum would misread.

    Mangum expects that the port is a number and the protocol one scheme; proxies send other values.
    """

    def readable(headers: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            name: value
            for name, value in (headers or {}).items()
            if name.lower() != "x-forwarded-port"
            and (name.lower() != "x-forwarded-proto" or value in ("http", ["http"]))
        }

    return {
        **event,
        "headers": readable(event.get("headers")),
        "multiValueHeaders": readable(event.get("multiValueHeaders")),
    }


def behind_gateway(app: Starlette) -> Mangum:
    """Return an application as a Lambda handler behind the REST API."""
    # Mangum would run the lifespan on every call, and answer SCIM's media type in base64.
    return Mangum(
        app,
        lifespan="off",
        custom_handlers=[Gateway],
        text_mime_types=["text/", "application/json", MEDIA_TYPE],
    )
