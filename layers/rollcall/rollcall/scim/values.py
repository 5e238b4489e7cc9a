"""The single values that the attribute types take (RFC 7643 section 2.3).

The engine takes more: to it a number is an instant, `true` is a number, and what is no base64 is
nothing.
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
    """Return a value in the form in which its type is kept and compared.

    `target` is the Python type of the attribute's values. Raises ValueError saying what the type
    takes.
    """
    if target is bool:
        return _boolean(value)
    if target in (int, float):
        return _number(value)
    if target is datetime:
        return _instant(value)
    return _binary(value) if target is bytes else value


def comparable(target: Any, value: Any) -> Any:
    """Return what a fitting value is when it is compared. Raises ValueError for no such instant."""
    if value is None:
        return None
    if target is datetime:
        return datetime.fromisoformat(value)
    return float(value) if target in (int, float) else value


def _boolean(value: Any) -> bool:
    mended = tolerance.boolean(value)
    if isinstance(mended, bool):
        return mended
    raise ValueError("takes true or false")


def _number(value: Any) -> Any:
    """A number may be given as a string, as real clients do; infinity is none."""
    try:
        read = float(value) if isinstance(value, str) else value
    except ValueError:
        read = None
    if isinstance(read, bool | None) or (isinstance(read, float) and not isfinite(read)):
        raise ValueError("takes a number")
    return value


def _instant(value: Any) -> str:
    """An instant without a zone is in UTC: it has to be comparable to those with one."""
    found = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("takes a date and a time, such as 2026-01-31T08:00:00Z")
    return found[0] if found["zone"] else f"{found[0]}Z"


def _binary(value: Any) -> Any:
    if isinstance(value, str) and not _BASE64.fullmatch("".join(value.split())):
        raise ValueError("takes base64")
    return value
