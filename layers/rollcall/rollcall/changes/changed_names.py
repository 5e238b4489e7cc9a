"""The names of the attributes that differ between two documents (RFC 9967 section 2.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

MAX_NAMES = 1_000
MAX_BYTES = 100_000
"""The number of attributes that an event names, and the bytes of the names: below 200 KB."""


def changed_names(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the paths of the attributes that were added, revised or removed, in order.

    Of single-valued complex attributes these are the sub-attributes, of others the attribute.
    """
    names = sorted(_paths(before, after, ""))[:MAX_NAMES]
    ends = accumulate(len(each.encode()) for each in names)
    return [name for name, end in zip(names, ends, strict=True) if end <= MAX_BYTES]


def _paths(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key in before.keys() | after.keys():
        had, has = before.get(key), after.get(key)
        if had == has or key == "schemas":
            continue
        parts = [{} if each is None else each for each in (had, has)]
        if all(isinstance(each, Mapping) for each in parts):
            separator = ":" if key.lower().startswith("urn:") else "."
            yield from _paths(parts[0], parts[1], f"{prefix}{key}{separator}")
        else:
            yield f"{prefix}{key}"
