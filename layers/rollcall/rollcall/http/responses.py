"""Answers: always application/scim+json (RFC 7644 section 3.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from rollcall.scim import errors
from rollcall.scim.errors import MethodNotAllowed, SCIMException, UnauthorizedException, Unavailable

MEDIA_TYPE = "application/scim+json"


class ScimResponse(Response):
    """A JSON answer in SCIM's media type."""

    media_type = MEDIA_TYPE

    def render(self, content: Any) -> bytes:
        """Return compact JSON, nothing for None."""
        if content is None:
            return b""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def error(exception: SCIMException) -> ScimResponse:
    """Return the answer to a request that failed (RFC 7644 section 3.12)."""
    return ScimResponse(errors.body(exception), exception.status, headers=_headers(exception))


def _headers(exception: SCIMException) -> Mapping[str, str]:
    if isinstance(exception, UnauthorizedException):
        return {"WWW-Authenticate": 'Bearer realm="rollcall"'}
    if isinstance(exception, MethodNotAllowed):
        return {"Allow": ", ".join(exception.allowed)}
    if isinstance(exception, Unavailable):
        return {"Retry-After": str(exception.retry_after)}
    return {}
