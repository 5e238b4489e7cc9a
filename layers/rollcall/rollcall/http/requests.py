"""What a request says, read within bounds (RFC 7644 sections 3.1, 3.4.2 and 3.9)."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from starlette.requests import Request

from rollcall.directory.context import Precondition
from rollcall.directory.search import Query
from rollcall.scim.errors import (
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
    UnsupportedMediaType,
)
from rollcall.scim.projection import Projection

MEBIBYTE = 1_048_576

_MEDIA_TYPES = frozenset({"application/scim+json", "application/json", ""})


async def payload(request: Request, max_bytes: int) -> Any:
    """Read the JSON body.

    Raises UnsupportedMediaType, PayloadTooLargeException, InvalidSyntaxException.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _MEDIA_TYPES:
        raise UnsupportedMediaType(
            detail=f"the body must be application/scim+json or application/json, not {media_type}"
        )
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > max_bytes:
            raise PayloadTooLargeException(
                detail=f"the body has more than {max_bytes // MEBIBYTE} MB"
            )
    try:
        parsed = json.loads(bytes(raw), parse_constant=_no_constant)
        # Half a character (a lone surrogate) is valid JSON and no valid text.
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidSyntaxException(detail="the body is not valid JSON") from error
    return parsed


def projection(request: Request) -> Projection:
    """Read `attributes` and `excludedAttributes`."""
    parameters = request.query_params
    return Projection.of(parameters.getlist("attributes"), parameters.getlist("excludedAttributes"))


def precondition(request: Request) -> Precondition:
    """Read If-Match."""
    return Precondition(request.headers.get("if-match"))


def query(request: Request) -> Query:
    """Read the parameters of a search; those that we do not know are ignored."""
    parameters = request.query_params
    return Query(
        filter=parameters.get("filter"),
        start_index=_integer(parameters.get("startIndex"), "startIndex", 1),
        count=_optional_integer(parameters.get("count"), "count"),
        projection=projection(request),
    )


def _integer(text: str | None, name: str, default: int) -> int:
    number = _optional_integer(text, name)
    return default if number is None else number


def _optional_integer(text: str | None, name: str) -> int | None:
    if text is None or not text.strip():
        return None
    try:
        return int(text[:20])
    except ValueError as error:
        raise InvalidValueException(detail=f"{name} must be an integer") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
