"""The report of a comparison: Markdown with charts, and JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from bench import chart
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


@dataclass(frozen=True)
class Report:
    """What was measured, when, and on which machine."""

    date: datetime
    plan: Plan
    results: Sequence[Result]

    def write(self, folder: Path) -> None:
        """Write `report.md`, `report.json` and the charts."""
        folder.mkdir(parents=True, exist_ok=True)
        for size in self._sizes():
            for name in CHARTS:
                if rows := self._bars(name, size):
                    title = f"{TABLES[name][0]}, {size:,} users (logarithmic)"
                    (folder / f"{name}-{size}.svg").write_text(chart.bars(title, rows))
        (folder / "report.md").write_text("\n".join(self._lines()) + "\n")
        (folder / "report.json").write_text(json.dumps(self._json(), indent=1) + "\n")

    def _json(self) -> dict[str, object]:
        return {
            "date": self.date.isoformat(timespec="seconds"),
            "machine": _machine(),
            "plan": asdict(self.plan),
            "results": [asdict(each) for each in self.results],
        }

    def _lines(self) -> Iterator[str]:
        yield "# Rollcall and its peers, side by side"
        yield f"\n{self.date:%Y-%m-%d %H:%M}, {_machine()}. Server and load share the machine."
        yield (
            f"\nAt most {self.plan.requests} requests of each operation: half of them on one "
            f"connection, half on {self.plan.connections} at once. A ratio in brackets is a "
            "peer's figure over that of the first column."
        )
        yield "\n| server | version | |\n|---|---|---|"
        for each in self.results:
            yield f"| {each.name} | {each.version} | {each.absent or 'measured'} |"
        for size in self._sizes():
            yield f"\n## {size:,} users, one group of them all"
            for name, (title, figure) in TABLES.items():
                yield f"\n### {title}\n"
                yield from self._table(size, figure)
                if name in CHARTS and self._bars(name, size):
                    yield f"\n![{title}]({name}-{size}.svg)"
            yield "\n### Memory at the end, MB\n"
            yield from self._memory(size)
        if len(self._sizes()) > 1:
            first, last = min(self._sizes()), max(self._sizes())
            yield f"\n## Growth: median latency at {last:,} users over that at {first:,}\n"
            yield from self._growth(first, last)

    def _sizes(self) -> list[int]:
        return [size for size in self.plan.sizes if any(_at(each, size) for each in self.results)]

    def _rows(self, size: int) -> Iterator[tuple[str, list[tuple[str, Figures]]]]:
        """Yield each operation with the figures of those that were measured at a size."""
        measured = [(each.name, _at(each, size)) for each in self.results]
        there = [(name, found) for name, found in measured if found is not None]
        for operation in there[0][1].operations:
            yield operation, [(name, found.operations[operation]) for name, found in there]

    def _table(self, size: int, figure: Figure) -> Iterator[str]:
        rows = list(self._rows(size))
        yield from _head(name for name, _ in rows[0][1])
        for operation, row in rows:
            base = figure(row[0][1])
            cells = (_cell(figures, figure(figures), base) for _, figures in row)
            yield f"| {operation} | {' | '.join(cells)} |"

    def _memory(self, size: int) -> Iterator[str]:
        there = [(each.name, found) for each in self.results if (found := _at(each, size))]
        yield from _head(name for name, _ in there)
        for label, values in (
            ("server", [found.memory for _, found in there]),
            ("database", [found.database_memory for _, found in there]),
        ):
            yield f"| {label} | {' | '.join(_number(each) for each in values)} |"

    def _growth(self, first: int, last: int) -> Iterator[str]:
        before, after = dict(self._rows(first)), dict(self._rows(last))
        yield from _head(name for name, _ in next(iter(after.values())))
        for operation, row in after.items():
            small = dict(before[operation])
            cells = (
                f"x{each.p50 / small[name].p50:.1f}" if not each.wrong else "-"
                for name, each in row
            )
            yield f"| {operation} | {' | '.join(cells)} |"

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


def _at(result: Result, size: int) -> Measurement | None:
    return next((each for each in result.measurements if each.users == size), None)


def _head(names: Iterator[str]) -> Iterator[str]:
    columns = ["", *names]
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"


def _cell(figures: Figures, value: float | None, base: float | None) -> str:
    if figures.wrong:
        return figures.wrong
    if value is None or not base or value == base:
        return _number(value)
    return f"{_number(value)} (x{value / base:.2g})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _machine() -> str:
    system = f"{platform.system()} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores, Python {platform.python_version()}"
