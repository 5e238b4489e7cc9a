"""The JSON body of a request, read within bounds (RFC 7644 section 3.1)."""

from __future__ import annotations

from typing import Any

from starlette.requests import ClientDisconnect, Request

from rollcall.scim import json_text
from rollcall.scim.errors import (
    InvalidSyntaxException,
    PayloadTooLargeException,
    UnsupportedMediaType,
)
from rollcall.scim.json_text import JsonTextError

MEBIBYTE = 1_048_576

_MEDIA_TYPES = frozenset({"application/scim+json", "application/json", ""})


async def read(request: Request, max_bytes: int) -> Any:
    """Read the JSON body.

    Raises UnsupportedMediaType, PayloadTooLargeException, InvalidSyntaxException.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise UnsupportedMediaType(
            detail=f"the body must be application/scim+json or application/json, not {media_type}"
        )
    raw = await read_bytes(request, max_bytes)
    try:
        return json_text.read(raw)
    except JsonTextError as error:
        raise InvalidSyntaxException(detail=f"the body {error}") from error


async def read_bytes(request: Request, max_bytes: int) -> bytes:
    """Read the body. Raises PayloadTooLargeException, InvalidSyntaxException."""
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > max_bytes:
                raise PayloadTooLargeException(detail=f"the body has more than {_size(max_bytes)}")
    except ClientDisconnect as error:
        raise InvalidSyntaxException(detail="the body is not complete") from error
    return bytes(raw)


def _size(count: int) -> str:
    return f"{count // MEBIBYTE} MB" if count >= MEBIBYTE else f"{count} bytes"
