"""A chart of bars on a logarithmic scale, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import ceil, floor, log10
from pathlib import Path
from string import Template

_TEMPLATE = Template((Path(__file__).parent / "chart.svg").read_text())
_COLOURS = ("#0b5fff", "#e07b00", "#2e8b57", "#8a4fbf")
_LEFT, _RIGHT, _TOP = 170, 740, 56
_BAR, _GAP = 10, 8


def bars(title: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """Return a chart with a group of bars for each row, one bar for each name in it."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    colours = dict(zip(names, _COLOURS, strict=False))
    values = [value for row in rows.values() for value in row.values() if value > 0]
    low, high = (
        floor(log10(min(values))),
        max(ceil(log10(max(values))), floor(log10(min(values))) + 1),
    )

    def x(value: float) -> float:
        place = (log10(max(value, 10**low)) - low) / (high - low)
        return _LEFT + place * (_RIGHT - _LEFT)

    height = _TOP + sum(_BAR * len(row) + _GAP for row in rows.values()) + 10
    parts = []
    for number, name in enumerate(names):
        parts.append(_bar(_LEFT + 140 * number, 30, 10, colours[name]))
        parts.append(_text(_LEFT + 140 * number + 15, 39, name))
    for power in range(low, high + 1):
        at = x(10.0**power)
        parts.append(f'<path d="M{at:.0f} {_TOP - 4}V{height - 8}" stroke="#ddd"/>')
        parts.append(_text(at, _TOP - 6, f"{10.0**power:g}", "middle"))
    top: float = _TOP
    for label, row in rows.items():
        parts.append(_text(_LEFT - 6, top + _BAR * len(row) / 2 + 4, label, "end"))
        for number, (name, value) in enumerate(row.items()):
            at = top + _BAR * number
            parts.append(_bar(_LEFT, at, max(1.0, x(value) - _LEFT), colours[name]))
            parts.append(_text(max(x(value), _LEFT + 1) + 4, at + 8, f"{value:.3g}", size=9))
        top += _BAR * len(row) + _GAP
    return _TEMPLATE.substitute(height=height, title=escape(title), parts="\n".join(parts))


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{_BAR - 1}" fill="{colour}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 11) -> str:
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"'
    return f'<text {place} font-size="{size}">{escape(text)}</text>'
