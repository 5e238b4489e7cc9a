"""The report of a replayed month, as Markdown: its bills, and what each kind of request takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.cost.bill import Month, total
from bench.cost.tables import bill_table, kinds_table, money, table


def report(figures: Mapping[str, Any], memory: Mapping[str, Any]) -> str:
    """Return the report; `memory` are the figures of `python -m bench.memory`."""
    return "\n".join(_lines(Month(figures, memory))) + "\n"


def _lines(month: Month) -> Iterator[str]:
    figures, plan = month.figures, month.figures["plan"]
    yield "# A month of provisioning, replayed"
    yield f"\n{figures['date']}, {figures['machine']}. Tenants: {figures['tenants']:,}, each with"
    yield f"{plan['users']:,} users and {plan['groups']} groups."
    yield f"{figures['cycles']['that send requests']:,} of {figures['cycles']['of all']:,} cycles"
    yield "sent requests. What is assumed: [docs/cost.md](../../docs/cost.md)."
    for phase, stored in figures["stored"].items():
        yield f"\n## {phase.capitalize()}\n"
        yield bill_table(month.phase(phase))
        yield f"\n{kinds_table(month, phase)}"
        size = (stored["bytes"] + stored["index_bytes"]) / 1e6
        dollars = money(total(month.storage(phase)))
        yield f"\nStored at its end: {stored['items']:,} items, {size:,.1f} MB, {dollars} a month."
    yield "\n## Schedules\n"
    rows = [
        (name, f"{each['requests']:,}", f"{each['read_units']:,}", f"{each['write_units']:,}")
        for name, each in figures["schedules"].items()
    ]
    yield table(("", "runs", "read units", "write units"), rows)
