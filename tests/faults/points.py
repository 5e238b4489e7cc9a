"""Injection points: counted where something is injected and all came out right, and shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

Points: TypeAlias = "Counter[str]"
"""How many calls something was injected at, by what was."""


def lines(found: Iterable[tuple[str, str, Points]]) -> Iterator[str]:
    """Yield a line for each test's points and one for all; (table, test's id, points) each."""
    total, tables = 0, dict[str, list[tuple[str, Points]]]()
    for table, test, points in found:
        tables.setdefault(table, []).append(
            (test.partition("[")[2].rstrip("]") or "in all", points)
        )
    for table, rows in tables.items():
        yield table.removeprefix("test_").replace("_", " ")
        for row, points in rows:
            told = ", ".join(f"{number} {what}" for what, number in points.items())
            yield f"  {points.total():4} {row}: {told}"
            total += points.total()
    yield f"{total} in all"
