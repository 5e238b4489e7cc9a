"""The tables of the cost page and of a replayed month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.cost.bill import Line, Month, total


def bill_table(lines: Sequence[Line]) -> str:
    """Return a bill."""
    rows = [(line.item, shown(line.number), money(line.dollars)) for line in lines]
    sums = ("**in all**", "", f"**{money(total(lines))}**")
    return table(("", "number", "dollars"), [*rows, sums])


def kinds_table(one: Month, phase: str) -> str:
    """Return the means of each kind of request of a phase."""
    head = ("a request to", "requests", "reads", "writes", "read units", "write units", "CPU, ms")
    rows = []
    for kind, each in one.figures["phases"][phase]["kinds"].items():
        number = each["requests"]
        names = ("reads", "writes", "read_units", "write_units")
        means = [f"{each[name] / number:.1f}" for name in names]
        cpu = f"{1000 * each['cpu'] * one.quiet / number:.1f}"
        rows.append((f"`{kind}`", f"{number:,}", *means, cpu))
    return table(head, rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def money(dollars: float) -> str:
    """Return dollars; small sums with more digits."""
    return f"{dollars:,.2f}" if dollars >= 0.1 or not dollars else f"{dollars:.4f}"


def shown(number: float) -> str:
    """Return a number; small ones with three digits."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
