"""The figures in `docs/performance.md`, between two marks, from the JSON of a report.

    python -m bench.page bench/results/DATE/report.json

A whole run of the bench writes them by itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figures, Measurement
from bench.report import Report, bill_figures, growth, head, number, read

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN = "<!-- `python -m bench.page` writes from here -->"
END = "<!-- to here -->"


def write(report: Path, page: Path = PAGE) -> None:
    """Write the figures of a report, by its JSON, into the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    place = os.path.relpath(report.with_name("report.md"), page.parent)
    written = "\n".join(lines(read(report), place))
    page.write_text(f"{before}{BEGIN}\n\n{written}\n\n{END}{after}")


def lines(report: Report, place: str) -> Iterator[str]:
    """Yield the lines of the figures; the report itself is in a place that they link."""
    yield f"{report.conditions()}: [the whole report]({place})."
    compared = [size for size in report.sizes() if len(report.at(size)) > 1]
    if compared:
        yield "\nCPU of a request in ms, Rollcall's with its database:\n"
        yield from _compared(report, compared)
        yield f"\nAt {compared[-1]:,} users, in CPU:\n"
        yield from _places(report, compared[-1])
    yield from _alone(report)


def _compared(report: Report, sizes: list[int]) -> Iterator[str]:
    columns = [(name, there) for size in sizes for name, there in report.at(size)]
    yield head(f"{name}, {there.users:,}" for name, there in columns)
    for operation in columns[0][1].operations:
        cells = (_cpu(there.operations[operation]) for _, there in columns)
        yield f"| {operation} | {' | '.join(cells)} |"


def _cpu(figures: Figures) -> str:
    return figures.wrong or number(figures.whole_cpu)


def _places(report: Report, size: int) -> Iterator[str]:
    """Yield where Rollcall, the first, takes less than the others, and where more."""
    (_, own), *others = report.at(size)
    behind_of = {
        operation: [name for name, there in others if _less(there, own, operation)]
        for operation, figures in own.operations.items()
        if not figures.wrong
    }
    for title, number_of in (("ahead of all", 0), ("behind all", len(others))):
        found = [name for name, ahead in behind_of.items() if len(ahead) == number_of]
        yield f"- {title}: {', '.join(found) or 'nothing'};"
    between = [
        f"{operation} (behind {', '.join(ahead)})"
        for operation, ahead in behind_of.items()
        if 0 < len(ahead) < len(others)
    ]
    yield f"- between: {', '.join(between) or 'nothing'}."


def _less(one: Measurement, other: Measurement, operation: str) -> bool:
    first, second = one.operations[operation], other.operations[operation]
    if first.wrong or first.whole_cpu is None or second.whole_cpu is None:
        return False
    return first.whole_cpu < second.whole_cpu


def _alone(report: Report) -> Iterator[str]:
    """Yield Rollcall at its largest size, and what its requests ask of DynamoDB."""
    own = report.results[0]
    if not own.measurements:
        return
    first, last = own.measurements[0], own.measurements[-1]
    yield (
        f"\n{own.name} with {last.users:,} users, who are all in one group; round trips, units and "
        f"dollars with {first.users:,}:\n"
    )
    yield head(
        [
            "median, ms",
            "CPU, ms",
            "CPU of its database, ms",
            f"both over {first.users:,} users",
            "round trips",
            "read units",
            "write units",
            "DynamoDB, $ a million",
            "in all, $ a million",
        ]
    )
    for operation, figures in last.operations.items():
        grown = growth(own, operation, first.users, last.users, lambda each: each.whole_cpu)
        bill = report.bills.get(operation)
        asked = bill_figures(report, operation, bill) if bill else [None] * 5
        measured = (
            [figures.wrong, "-", "-"]
            if figures.wrong
            else [number(each) for each in (figures.p50, figures.cpu, figures.database_cpu)]
        )
        cells = [*measured, grown, *(number(each) for each in asked)]
        yield f"| {operation} | {' | '.join(cells)} |"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
