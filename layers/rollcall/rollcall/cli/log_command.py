"""`rollcall log`: what the identity provider sent, and what it was answered."""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.cli.connection import target
from rollcall.cli.durations import moment
from rollcall.cli.terminal import AsJson, Name, UsageError, print_lines, say
from rollcall.cli.text import harmless
from rollcall.model.redaction import hashed
from rollcall.operations.operator import Operator
from rollcall.scim.case_folding import former
from rollcall.scim.resource_models import Kind
from rollcall.storage.provisioning_log import LogEntry, ProvisioningLog
from rollcall.storage.resources import Resources

_EXTENSION = re.compile(r"urn:ietf:params:scim:schemas:extension:(\w+):[\d.]+:\w+:")

POLL_SECONDS = 2.0
LATE = timedelta(seconds=30)
"""How much later than it says an entry may appear: as long as a function lives."""


@dataclass(frozen=True)
class LogFilter:
    """Which entries are to be shown; what is empty matches everything."""

    status: str = ""
    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def matches(self, entry: LogEntry) -> bool:
        """Tell whether an entry is to be shown."""
        if self.status and not str(entry.status).startswith(self.status):
            return False
        about = not self.names.isdisjoint(entry.named)
        return about or entry.target.partition("/")[2] in self.ids if self.names else True


def log(
    context: typer.Context,
    tenant: Name,
    since: Annotated[
        str, typer.Option(help="From when on: 30m, 24h, 14d ago, a day, or an RFC 3339 instant.")
    ] = "24h",
    user: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Only what is about a userName, displayName or externalId, or an id.",
            show_default=False,
        ),
    ] = "",
    status: Annotated[
        str, typer.Option(help="Only answers of a status: 409, or 4xx.", show_default=False)
    ] = "",
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on showing what comes, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was written, refused, and looked up in vain: the provisioning log.

    An entry names attributes and never holds their values. What it was about is kept as a keyed
    hash of the userName or externalId, so that --user finds it, in any spelling, whether it was
    sent or looked up; that also answers why a duplicate was made. What operators change is there
    under the command's last word.

    With --json every line is an entry.
    """
    chosen = target(context)
    known = chosen.services.tenants.show(tenant)
    key = bytes.fromhex(known.key)
    names = frozenset({hashed(key, user), hashed(key, user, former)}) if user else frozenset()
    wanted = LogFilter(_status(status), names, _ids(chosen, tenant, user) if user else frozenset())
    created = datetime.fromisoformat(known.created)  # each day before it would be a query in vain
    begin = max(moment(since, datetime.now(UTC)), created)
    entries = _entries(chosen.services.log(tenant), begin, follow=follow)
    shown = 0
    with suppress(KeyboardInterrupt):
        for entry in filter(wanted.matches, entries):
            shown += 1
            if as_json:
                print(json.dumps(_plain(entry)), flush=True)
            else:
                _show(entry)
    if not shown and not as_json:
        say(f"There is nothing of that in the log of {tenant} since {begin:%Y-%m-%d %H:%M}Z.")


def _entries(kept: ProvisioningLog, since: datetime, *, follow: bool) -> Iterator[LogEntry]:
    now = datetime.now(UTC)
    seen: OrderedDict[str, None] = OrderedDict()
    yield from _unseen(kept.read(since, now), seen)
    while follow:
        time.sleep(POLL_SECONDS)
        before, now = now, datetime.now(UTC)
        yield from _unseen(kept.read(max(since, before - LATE), now), seen)


def _unseen(entries: Iterable[LogEntry], seen: OrderedDict[str, None]) -> Iterator[LogEntry]:
    for entry in entries:
        if entry.order not in seen:
            seen[entry.order] = None
            yield entry
    while len(seen) > 10_000:
        seen.popitem(last=False)


def _show(entry: LogEntry) -> None:
    """Show an entry to people: one line, and a second one for what there is to say."""
    bad = "red" if entry.status >= 500 else "yellow" if entry.status >= 400 else "green"
    about = entry.target.replace("/", " ") or entry.path
    took = f"{entry.ms} ms  " if entry.ms else ""
    line = Text.assemble(
        (f"{entry.time[:10]} {entry.time[11:19]}", "dim"),
        (f"  {entry.status}", bad),
        harmless(f"  {entry.method:6} {about}"),
        (f"  {took}{entry.actor}", "dim"),
    )
    print_lines(line)
    said = [
        " ".join(filter(None, (entry.scim_type, entry.detail))),
        f"changed {', '.join(map(_short, entry.changed))}" if entry.changed else "",
        f"ignored {', '.join(map(_short, entry.ignored))}" if entry.ignored else "",
        "matched nothing" if entry.method == "GET" and entry.status == 200 else "",
    ]
    for sentence in filter(None, said):
        say(f"    {sentence}")


def _ids(chosen: Operator, tenant: str, user: str) -> frozenset[str]:
    """Return the ids that a name stands for: itself, and those of the user and group it means."""
    resources = Resources(chosen.services.table, tenant)
    found = [record for kind in Kind if (record := resources.named(kind, user)) is not None]
    return frozenset({user, *(each.id for each in found)})


def _short(name: str) -> str:
    return _EXTENSION.sub(r"\1:", name)


def _plain(entry: LogEntry) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if value not in ("", (), [])}


def _status(status: str) -> str:
    digits = status.lower().rstrip("x")
    if status and not (len(status) == 3 and digits.isdecimal()):
        raise UsageError(f"{status!r} is no status: write 409, or 4xx")
    return digits
