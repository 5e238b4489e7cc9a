"""The cost of reading the paths of a PATCH, in looks of the budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollcall.scim.attributes import selects
from rollcall.scim.budget import Budget
from rollcall.scim.errors import InvalidPathException, PayloadTooLargeException

MAX_PATH = 1024
"""The characters that a path with a selection may have; parsing takes up to 10 ms."""

_CHARACTERS_PER_LOOK = 3
"""How many characters of such a path cost one look."""


def check_paths(budget: Budget, path: str | None, value: Any) -> None:
    """Spend the looks for reading an operation's path or, without one, the keys of its value.

    Raises InvalidPathException for one that is too long, PayloadTooLargeException for too many.
    """
    length = _length(path) if path else _keys_length(value)
    if not budget.spend(length // _CHARACTERS_PER_LOOK):
        raise PayloadTooLargeException(detail="the paths of the request are too long in all")


def _keys_length(value: Any) -> int:
    """Return the length of the keys of a value, at any depth, that are paths."""
    length, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            length += sum(map(_length, each))
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return length


def _length(path: str) -> int:
    if not selects(path):
        return 0
    if len(path) > MAX_PATH:
        raise InvalidPathException(detail=f"a path that selects has at most {MAX_PATH} characters")
    return len(path)
