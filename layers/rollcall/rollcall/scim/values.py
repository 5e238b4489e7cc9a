"""The single values that the attribute types take (RFC 7643 section 2.3).

The engine accepts more: it takes a number for an instant and `true` for a number, and drops a value
that is not base64.
"""

from __future__ import annotations

import re
from datetime import datetime
from math import isfinite
from typing import Any

from rollcall.scim import tolerance

_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)?", re.ASCII
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)


def canonical(target: Any, value: Any) -> Any:
    """Return a value in the form in which its type is stored and compared.

    `target` is the Python type of the attribute's values. Raises ValueError naming the form that
    the type takes.
    """
    if target is bool:
        return _boolean(value)
    if target in (int, float):
        return _number(value)
    if target is datetime:
        return _instant(value)
    return _binary(value) if target is bytes else value


def comparable(target: Any, value: Any) -> Any:
    """Return the sort key of a canonical value. Raises ValueError for an impossible instant."""
    if value is None:
        return None
    if target is datetime:
        return datetime.fromisoformat(value)
    return float(value) if target in (int, float) else value


def _boolean(value: Any) -> bool:
    parsed = tolerance.boolean(value)
    if isinstance(parsed, bool):
        return parsed
    raise ValueError("takes true or false")


def _number(value: Any) -> Any:
    """Return a number, also as a string, as some clients send it; infinity is not a number."""
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, bool | None) or (isinstance(number, float) and not isfinite(number)):
        raise ValueError("takes a number")
    return value


def _instant(value: Any) -> str:
    """Return an instant with its zone: UTC when it has none, so that all can be compared."""
    match = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("takes a date and a time, such as 2026-01-31T08:00:00Z")
    return match[0] if match["zone"] else f"{match[0]}Z"


def _binary(value: Any) -> Any:
    if isinstance(value, str) and not _BASE64.fullmatch("".join(value.split())):
        raise ValueError("takes base64")
    return value
