"""The first day as text: a table for each phase, readable in 100 columns and without colours."""

import re
from dataclasses import dataclass
from statistics import median

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from demo.directory import Directory, members
from demo.phase import Phase
from demo.target import Exchange

WIDTH = 100
MISHAPS = 10
"""The failed requests of a phase that are shown in full."""

_LONG_ID = re.compile(r"(?<=s/)[\w-]{14,}")
_LONG_VALUE = re.compile(r'"([^"]{31,})"')
_PARAMETER = re.compile(r"&(?=\w+=)")
_VALUE_PATH = re.compile(r'\[type eq "(\w+)"\](?:\.value)?')


@dataclass(frozen=True)
class Row:
    """One request, or several of one kind together."""

    exchanges: list[Exchange]

    @property
    def request(self) -> str:
        """The shortened path of a single request, or the common part of the paths of several."""
        first = self.exchanges[0]
        path = first.route if len(self.exchanges) > 1 else shortened(first.path)
        # A space, so that a long query breaks between its parameters.
        return _PARAMETER.sub(" &", path)

    @property
    def milliseconds(self) -> str:
        """The time of a single request, or the median of several."""
        spent = median(exchange.milliseconds for exchange in self.exchanges)
        return f"{spent:.0f}" if spent >= 9.5 else f"{spent:.1f}"

    @property
    def meaning(self) -> str:
        """The meaning of the request, and what went wrong."""
        first = self.exchanges[0]
        text = "; ".join(filter(None, (first.meaning, first.trouble)))
        return _VALUE_PATH.sub(r"[\1]", text)


def fold(exchanges: list[Exchange]) -> list[Row]:
    """Return a row for each kind of request and result, in the order of the first request."""
    rows: dict[tuple[object, ...], list[Exchange]] = {}
    for one in exchanges:
        kind = (one.method, one.route, one.status, one.outcome, one.meaning, one.flaws)
        rows.setdefault(kind, []).append(one)
    return [Row(row) for row in rows.values()]


def shortened(path: str) -> str:
    """Shorten ids and long values in a path, so that it fits a column."""
    path = _LONG_ID.sub(lambda match: f"{match[0][:8]}…", path)
    return _LONG_VALUE.sub(lambda match: f'"{match[1][:14]}…{match[1][-12:]}"', path)


def console() -> Console:
    """Return a console as wide as the terminal, at most 100 columns; 100 without a terminal."""
    made = Console(highlight=False)
    made.width = min(made.width, WIDTH) if made.is_terminal else WIDTH
    return made


def show(phase: Phase, to: Console) -> None:
    """Print one phase."""
    to.rule(Text(f" {phase.title} ", "bold"), align="left", characters="─")
    to.print(Padding(Text(phase.story, "italic"), (0, 1)))
    if phase.exchanges:
        to.print(_requests(phase))
    else:
        to.print()
    for check in phase.checks:
        mark, style = ("✓", "green") if check.passed else ("✗", "bold red")
        to.print(Padding(Text(f"{mark} {check.sentence}", style), (0, 1)))
    mishaps = [shortened(mishap) for mishap in phase.mishaps]
    if len(mishaps) > MISHAPS:
        mishaps[MISHAPS:] = [f"and {len(mishaps) - MISHAPS} more"]
    for mishap in mishaps:
        to.print(Padding(Text(f"✗ {mishap}", "bold red"), (0, 1)))
    to.print()


def summary(directory: Directory, to: Console) -> None:
    """Print what the directory contains at the end."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("In the directory")
    for heading in ("in all", "active", "disabled"):
        table.add_column(heading, justify="right")
    users = directory.users.values()
    active = {str(user["id"]) for user in users if user.get("active")}
    disabled = len(users) - len(active)
    table.add_row("users", str(len(users)), str(len(active)), str(disabled), end_section=True)
    for group in directory.groups.values():
        held = members(group)
        on = sum(member in active for member in held)
        name = f"members of {group['displayName']}"
        table.add_row(name, str(len(held)), str(on), str(len(held) - on))
    to.print(Padding(table, (0, 1)))


def _requests(phase: Phase) -> Padding:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, expand=True)
    table.add_column("method")
    table.add_column("request", ratio=1, overflow="fold")
    table.add_column("", justify="right")
    table.add_column("status", justify="right")
    table.add_column("ms", justify="right")
    table.add_column("what it meant", width=25, overflow="fold")
    for row in fold(phase.exchanges):
        first, count = row.exchanges[0], len(row.exchanges)
        table.add_row(
            first.method,
            Text(row.request),
            f"\u00d7{count}" if count > 1 else "",
            str(first.status or "none"),
            row.milliseconds,
            Text(row.meaning),
            style="bold red" if phase.bad(first) else "",
        )
    return Padding(table, (0, 1))
