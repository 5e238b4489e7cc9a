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

    A single-valued complex attribute is named by its sub-attributes, others by themselves.
    """
    names = sorted(_paths(before, after, ""))[:MAX_NAMES]
    ends = accumulate(len(name.encode()) for name in names)
    return [name for name, end in zip(names, ends, strict=True) if end <= MAX_BYTES]


def _paths(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old == new or key == "schemas":
            continue
        parts = [{} if value is None else value for value in (old, new)]
        if all(isinstance(part, Mapping) for part in parts):
            separator = ":" if key.lower().startswith("urn:") else "."
            yield from _paths(parts[0], parts[1], f"{prefix}{key}{separator}")
        else:
            yield f"{prefix}{key}"
