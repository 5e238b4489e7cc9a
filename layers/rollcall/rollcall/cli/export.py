"""`rollcall tenants export`: all that is kept of a tenant, as JSON Lines."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from rollcall import local
from rollcall.cli.target import Target, target
from rollcall.cli.terminal import Name, err, out
from rollcall.scim.errors import Unavailable
from rollcall.scim.resources import Kind
from rollcall.storage.log import MAX_KEEP_DAYS
from rollcall.storage.resources import Resources
from rollcall.storage.rosters import Rosters
from rollcall.storage.templates import Templates

_BATCH = 100

Line = dict[str, Any]


def export(
    context: typer.Context,
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to, - for standard output.")],
) -> None:
    """Write all that is kept of a tenant: users, groups, memberships, templates, log.

    A line is a JSON object whose `type` says what it is. The first one is the tenant, the last one
    `end`, with the number of each: a file without it is not complete. FILE appears when it is, and
    only you can read it. Disable the tenant first, or what changes meanwhile is there as it was or
    as it became.
    """
    chosen = target(context)
    lines = _counted(_lines(chosen, name))
    if str(file) == "-":
        for line in lines:
            sys.stdout.write(f"{json.dumps(line, ensure_ascii=False)}\n")
        return
    part = file.with_name(f"{file.name}.part")
    part.touch(mode=0o600)
    number = 0
    with part.open("w", encoding="utf-8") as written, err.status(f"exporting {name}") as status:
        for number, line in enumerate(lines, 1):  # the last one is told
            written.write(f"{json.dumps(line, ensure_ascii=False)}\n")
            if number % 1000 == 0:
                status.update(f"exporting {name}, {number} lines so far")
    part.replace(file)
    out.print(f"{name} is exported to {file}: {number} lines.", soft_wrap=True)


def _lines(chosen: Target, name: str) -> Iterator[Line]:
    services = chosen.services
    tenant, now = services.tenants.show(name), datetime.now(UTC)
    exported = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    about = {"tenant": name, "state": tenant.state, "created": tenant.created}
    yield {"type": "tenant", **about, "exported": exported}
    url, rosters = local.tenant_url(chosen.base_url, name), Rosters(services.table, name)
    resources = Resources(services.table, name)
    for kind in (Kind.USER, Kind.GROUP):
        before, number = resources.count(kind), 0
        for record in _records(resources, kind):
            number += 1
            yield {"type": kind.value.lower(), "resource": record.representation(url)}
        if number < min(before, resources.count(kind)):
            raise Unavailable(f"the index does not show every {kind.value.lower()} yet, try again")
    for record in _records(resources, Kind.GROUP):
        roster = rosters.read(record.id)
        for member, of in roster.members.items() if roster else ():
            yield {"type": "membership", "group": record.id, "member": member, "of": of.value}
    for content, set_at, actor in Templates(services.table, name).history():
        yield {"type": "template", "template": content, "set": set_at, "actor": actor}
    kept = datetime.fromisoformat(tenant.created), now - timedelta(days=MAX_KEEP_DAYS)
    for entry in services.log(name).read(max(kept), now):
        yield {"type": "log", **asdict(entry)}


def _records(resources: Resources, kind: Kind) -> Iterator[Any]:
    listed = resources.listed(kind)
    while batch := list(islice(listed, _BATCH)):
        yield from resources.read_many(kind, batch).values()


def _counted(lines: Iterator[Line]) -> Iterator[Line]:
    numbers: Counter[str] = Counter()
    for line in lines:
        numbers[line["type"]] += 1
        yield line
    yield {"type": "end", "lines": dict(numbers)}
