"""The report of a comparison: Markdown with charts, and JSON."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import chart, figures, prices
from bench.bill import Bill
from bench.comparison import Plan
from bench.figures import Figures, Measurement, Result

Figure = Callable[[Figures], float | None]

TABLES: dict[str, tuple[str, Figure]] = {
    "p50": ("Median latency on one connection, ms", lambda each: each.p50),
    "p99": ("99th percentile of it, ms", lambda each: each.p99),
    "rate": ("Requests a second on all connections", lambda each: each.rate),
    "cpu": ("CPU of the server without its database, ms a request", lambda each: each.cpu),
    "whole-cpu": ("CPU with the database, ms a request", lambda each: each.whole_cpu),
}
CHARTS = ("p50", "whole-cpu")
GROWTH = {"p50": "median latency", "whole-cpu": "CPU with the database"}
ALONE: dict[str, Figure] = {
    "median, ms": lambda each: each.p50,
    "99th percentile": lambda each: each.p99,
    "a second": lambda each: each.rate,
    "CPU, ms": lambda each: each.cpu,
    "CPU of its database, ms": lambda each: each.database_cpu,
}
"""The columns where one server alone was measured."""


def machine() -> str:
    """Return what this machine is."""
    system = f"{platform.system()} {platform.machine()}"
    found = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    memory = f" and {int(found[1]) / 2**20:.0f} GB" if found else ""
    return f"{system}, {os.cpu_count()} cores{memory}, Python {platform.python_version()}"


@dataclass(frozen=True)
class Report:
    """What was measured, when, and on which machine.

    `bills` are Rollcall's, by operation; `load` is the load average when it began and at the end.
    """

    date: datetime
    plan: Plan
    results: Sequence[Result]
    bills: Mapping[str, Bill] = field(default_factory=dict)
    load: Sequence[float] = ()
    machine: str = field(default_factory=machine)
    versions: str = ""

    def write(self, folder: Path) -> None:
        """Write `report.md`, `report.json` and the charts, in the place of what is there."""
        folder.mkdir(parents=True, exist_ok=True)
        for drawn in folder.glob("*.svg"):
            drawn.unlink()
        for size in self.sizes():
            for name in self._charts(size):
                title = f"{TABLES[name][0]}, {size:,} users (logarithmic)"
                (folder / f"{name}-{size}.svg").write_text(
                    chart.bars(title, self._bars(name, size))
                )
        (folder / "report.md").write_text("\n".join(self._lines()) + "\n")
        (folder / "report.json").write_text(json.dumps(self._json(), indent=1) + "\n")

    def sizes(self) -> list[int]:
        """Return the sizes that were measured, in order."""
        return sorted({at.users for each in self.results for at in each.measurements})

    def at(self, size: int) -> list[tuple[str, Measurement]]:
        """Return the servers that were measured at a size."""
        found = [(each.name, each.at(size)) for each in self.results]
        return [(name, there) for name, there in found if there is not None]

    def conditions(self) -> str:
        """Return when and where it was measured."""
        load = " to ".join(f"{each:.1f}" for each in self.load)
        loaded = f", load average {load}" if load else ""
        return f"{self.date:%Y-%m-%d %H:%M}, {self.machine}{loaded}"

    def _json(self) -> dict[str, object]:
        return {
            "date": self.date.isoformat(timespec="seconds"),
            "machine": self.machine,
            "load": list(self.load),
            "versions": self.versions,
            "plan": asdict(self.plan),
            "results": [asdict(each) for each in self.results],
            "bills": {name: asdict(each) for name, each in self.bills.items()},
        }

    def _lines(self) -> Iterator[str]:
        yield "# Rollcall and its peers, side by side"
        yield f"\n{self.conditions()}. {self.versions} Server and load share the machine."
        yield (
            f"\nAt most {self.plan.requests} requests of each operation: half of them on one "
            f"connection, half on {self.plan.connections} at once, each half for "
            f"{self.plan.seconds:g} s at most. A ratio in brackets is a peer's figure over that of "
            "the first column. The 99th percentile of less than 100 requests is their slowest."
        )
        yield "\n| server | version | |\n|---|---|---|"
        for each in self.results:
            yield f"| {each.name} | {each.version} | {each.absent or 'measured'} |"
        for size in self.sizes():
            yield f"\n## {size:,} users, one group of them all"
            yield from self._compared(size) if len(self.at(size)) > 1 else self._alone(size)
        if self.bills:
            yield "\n## What a request asks of DynamoDB\n"
            yield from self._bills()
        if len(self.sizes()) > 1 and self._last():
            for name, title in GROWTH.items():
                yield from self._growth(title, TABLES[name][1])

    def _compared(self, size: int) -> Iterator[str]:
        for name, (title, figure) in TABLES.items():
            yield f"\n### {title}\n"
            yield head(name for name, _ in self.at(size))
            for operation, row in self._rows(size):
                base = None if row[0][1].wrong else figure(row[0][1])
                cells = (_cell(each, figure(each), base) for _, each in row)
                yield f"| {operation} | {' | '.join(cells)} |"
            if name in self._charts(size):
                yield f"\n![{title}]({name}-{size}.svg)"
        yield "\n### Memory at the end, MB\n"
        yield from self._memory(size)

    def _alone(self, size: int) -> Iterator[str]:
        ((server, _),) = self.at(size)
        yield f"\n{server} alone.\n"
        yield head(ALONE)
        for operation, ((_, each),) in self._rows(size):
            cells = (_cell(each, figure(each), None) for figure in ALONE.values())
            yield f"| {operation} | {' | '.join(cells)} |"
        for name in self._charts(size):
            yield f"\n![{TABLES[name][0]}]({name}-{size}.svg)"
        yield "\n### Memory at the end, MB\n"
        yield from self._memory(size)

    def _memory(self, size: int) -> Iterator[str]:
        there = self.at(size)
        yield head(name for name, _ in there)
        for label, values in (
            ("server", [found.memory for _, found in there]),
            ("database", [found.database_memory for _, found in there]),
        ):
            yield f"| {label} | {' | '.join(number(each) for each in values)} |"

    def _bills(self) -> Iterator[str]:
        listed = prices.read()
        first = min(self.plan.sizes)
        yield (
            f"Rollcall with {first:,} users. Dollars for a million requests, by the list prices "
            f"of {listed.region} on {listed.date}: DynamoDB's, and with the gateway and a function "
            "that is busy for the median latency.\n"
        )
        yield head(["round trips", "read units", "write units", "DynamoDB, $", "in all, $"])
        for operation, bill in self.bills.items():
            cells = (number(each) for each in bill_figures(self, operation, bill))
            yield f"| {operation} | {' | '.join(cells)} |"

    def _last(self) -> list[tuple[Result, int]]:
        """Return each server with the sizes above the first at which it was measured, too."""
        first = self.sizes()[0] if not self.plan.sizes else min(self.plan.sizes)
        later = [size for size in self.sizes() if size > first]
        return [
            (each, size)
            for size in later
            if size == max(self.plan.sizes) or len(self.at(size)) == 1
            for each in self.results
            if each.at(first) and each.at(size)
        ]

    def _growth(self, title: str, figure: Figure) -> Iterator[str]:
        first = min(self.plan.sizes)
        last = sorted({size for _, size in self._last()})
        columns = [(each, size) for size in last for each, at in self._last() if at == size]
        yield (
            f"\n## Growth: {title} at {' and '.join(f'{size:,}' for size in last)} users "
            f"over that at {first:,}\n"
        )
        yield head(f"{each.name}, {size:,}" for each, size in columns)
        for operation, _ in self._rows(first):
            cells = (growth(each, operation, first, size, figure) for each, size in columns)
            yield f"| {operation} | {' | '.join(cells)} |"

    def _rows(self, size: int) -> Iterator[tuple[str, list[tuple[str, Figures]]]]:
        """Yield each operation with the figures of those that were measured at a size."""
        there = self.at(size)
        for operation in there[0][1].operations:
            yield operation, [(name, found.operations[operation]) for name, found in there]

    def _charts(self, size: int) -> list[str]:
        return [name for name in CHARTS if self._bars(name, size)]

    def _bars(self, name: str, size: int) -> dict[str, dict[str, float]]:
        """Return the bars of a chart: the figures that are known, of answers that were right."""
        _, figure = TABLES[name]
        bars = {
            operation: {
                peer: value
                for peer, each in row
                if not each.wrong and (value := figure(each)) is not None
            }
            for operation, row in self._rows(size)
        }
        return {operation: row for operation, row in bars.items() if row}


def read(path: Path) -> Report:
    """Return a report from its JSON."""
    content: dict[str, Any] = json.loads(path.read_text())
    plan = {**content["plan"], "sizes": tuple(content["plan"]["sizes"])}
    return Report(
        datetime.fromisoformat(content["date"]),
        Plan(**plan),
        [figures.result(each) for each in content["results"]],
        {name: Bill(**bill) for name, bill in content["bills"].items()},
        content["load"],
        content["machine"],
        content["versions"],
    )


def bill_figures(report: Report, operation: str, bill: Bill) -> list[float]:
    """Return round trips, units and dollars of an operation of Rollcall, at the first size."""
    there = report.results[0].at(min(report.plan.sizes))
    milliseconds = there.operations[operation].p50 if there else None
    whole = bill.whole(milliseconds or 0.0)
    return [bill.calls, bill.reads, bill.writes, bill.database, whole]


def growth(result: Result, operation: str, first: int, last: int, figure: Figure) -> str:
    """Return how much a figure of a server grows between two sizes."""
    sizes = (result.at(first), result.at(last))
    small, large = (each.operations[operation] if each else Figures() for each in sizes)
    before, after = figure(small), figure(large)
    if small.wrong or large.wrong or not before or after is None:
        return "-"
    return f"x{after / before:.1f}"


def head(columns: Iterable[str]) -> str:
    """Return the head of a table whose first column has no name."""
    names = ["", *columns]
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}"


def number(value: float | None) -> str:
    """Return a figure with three digits."""
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _cell(figures: Figures, value: float | None, base: float | None) -> str:
    if figures.wrong:
        return figures.wrong
    if value is None or not base or value == base:
        return number(value)
    return f"{number(value)} (x{value / base:.2g})"
