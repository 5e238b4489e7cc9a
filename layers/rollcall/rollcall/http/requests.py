"""What a request says, read within bounds (RFC 7644 sections 3.1, 3.4.2 and 3.9)."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from starlette.datastructures import QueryParams
from starlette.requests import Request

from rollcall.directory.precondition import Precondition
from rollcall.directory.search import Query
from rollcall.scim.errors import (
    InvalidSyntaxException,
    InvalidValueException,
)
from rollcall.scim.projection import Projection

_T = TypeVar("_T")

_ATTRIBUTES = {"attributes", "excludedAttributes"}

_MAX_INTEGER = 2**31 - 1
_INTEGER = re.compile(r"\s*([+-]?[0-9]+)\s*", re.ASCII)


def names_attributes(parameters: QueryParams) -> bool:
    """Tell whether a request asks for a body where there would be none."""
    return bool(_ATTRIBUTES & set(parameters))


def projection(parameters: QueryParams) -> Projection:
    """Read `attributes` and `excludedAttributes`. Raises InvalidValueException."""
    return Projection.of(parameters.getlist("attributes"), parameters.getlist("excludedAttributes"))


def precondition(request: Request) -> Precondition:
    """Read If-Match and If-None-Match."""
    headers = request.headers
    return Precondition(headers.get("if-match") or None, headers.get("if-none-match") or None)


def query(parameters: QueryParams) -> Query:
    """Read the parameters of a search; unknown ones are ignored.

    Raises InvalidValueException naming the parameter.
    """
    return Query(
        filter=parameters.get("filter"),
        start_index=_integer(parameters.get("startIndex"), "startIndex"),
        count=_integer(parameters.get("count"), "count"),
        cursor=parameters.get("cursor"),
        sort_by=parameters.get("sortBy"),
        sort_order=parameters.get("sortOrder"),
        projection=projection(parameters),
    )


def search(payload: Any) -> Query:
    """Read a SearchRequest (RFC 7644 section 3.4.3).

    Raises InvalidSyntaxException when it is no object, InvalidValueException naming the parameter.
    """
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="the body must be a JSON object")
    values = {key.lower(): value for key, value in payload.items() if value is not None}
    return Query(
        filter=_typed(values, "filter", str, "a string"),
        start_index=_whole(values, "startIndex"),
        count=_whole(values, "count"),
        cursor=_typed(values, "cursor", str, "a string"),
        sort_by=_typed(values, "sortBy", str, "a string"),
        sort_order=_typed(values, "sortOrder", str, "a string"),
        projection=Projection.of(
            _listed(values, "attributes"), _listed(values, "excludedAttributes")
        ),
    )


def _typed(values: dict[str, Any], name: str, kind: type[_T], article: str) -> _T | None:
    value = values.get(name.lower())
    if value is not None and type(value) is not kind:
        raise InvalidValueException(detail=f"{name} must be {article}")
    return value


def _whole(values: dict[str, Any], name: str) -> int | None:
    number = _typed(values, name, int, "an integer")
    return None if number is None else min(max(number, -_MAX_INTEGER), _MAX_INTEGER)


def _listed(values: dict[str, Any], name: str) -> list[str]:
    value = values.get(name.lower(), [])
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise InvalidValueException(detail=f"{name} must be an array of strings")
    return names


def _integer(text: str | None, name: str) -> int | None:
    if text is None or not text.strip():
        return None
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise InvalidValueException(detail=f"{name} must be an integer")
    # Python refuses to read thousands of digits.
    return min(max(int(match[1][:20]), -_MAX_INTEGER), _MAX_INTEGER)
