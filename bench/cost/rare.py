"""What happens rarely, by the request units that it takes: templates that follow, and the brake."""

from __future__ import annotations

from bench import prices
from bench.cost.tables import money, table

MEASURED: dict[str, tuple[float, float]] = {
    "a template that follows memberships is new for a group of 50 000": (104_243, 305_106),
    "it has a new version": (104_243, 405_106),
    "each further look at them, of one or two": (104_243, 55),
    "one account is disabled": (3, 1),
    "5 000 of 50 000 are disabled within an hour, 100 in a batch": (6_500, 5_000),
    "the same, each in a batch of its own": (650_000, 5_000),
    "a wave is noticed and told": (14, 7),
    "each account of a wave is enabled again": (1, 6),
    "the looks for waves that nobody was told of, a month": (1_440, 0),
}
"""Units read and written: `python -m bench.followers`, and counted for the brake; without those of
indexes."""


def rare() -> str:
    """Return the table of what happens rarely."""
    listed, rows = prices.read(), []
    for name, (reads, writes) in MEASURED.items():
        dollars = listed.dollars("dynamodb.read_unit", reads)
        dollars += listed.dollars("dynamodb.write_unit", writes)
        rows.append((name, f"{reads:,.0f}", f"{writes:,.0f}", _dollars(dollars)))
    return table(("", "units read", "units written", "dollars"), rows)


def _dollars(dollars: float) -> str:
    return money(dollars) if dollars >= 0.0001 else f"{dollars:.7f}"
