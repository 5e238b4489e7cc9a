"""Bars of a plot: where each part of each bar is in the drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 120
"""The drawing without its labels, in its own units."""


@dataclass(frozen=True)
class Part:
    """A part of a bar: its kind, its number, and its rectangle."""

    kind: str
    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plot:
    """Stacked bars, and how high the highest is."""

    parts: tuple[Part, ...]
    most: int
    totals: Mapping[str, int]


def stacked(bars: Sequence[Mapping[str, int]], kinds: Sequence[str]) -> Plot:
    """Return the parts of bars, one beside the other, with the first kind at the bottom."""
    most = max((sum(bar.values()) for bar in bars), default=0)
    width = WIDTH / max(len(bars), 1)
    parts = []
    for place, bar in enumerate(bars):
        top = float(HEIGHT)
        for kind in kinds:
            if number := bar.get(kind, 0):
                height = max(number * HEIGHT / most, 1.5)
                top -= height
                parts.append(
                    Part(kind, number, round(place * width + 1, 1), round(top, 1),
                         round(width - 2, 1), round(height, 1))
                )  # fmt: skip
    totals = {kind: sum(bar.get(kind, 0) for bar in bars) for kind in kinds}
    return Plot(tuple(parts), most, totals)
