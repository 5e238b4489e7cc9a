"""A group of 50 000 whose template changes: what is written, how long it takes, what readers see.

    python -m bench.followers [MEMBERS]

The template is new at first, and has a new version then. Between the batches of a pass some members
are read: each has the old access or the new one, whole.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence

from rollcall.directory import template_walk
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.operations import template_changes
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ROLLCALL, Kind
from rollcall.templates.template import MEMBERSHIP, Selector, Template
from tests import dynamodb
from tests.conftest import deployment, made_clients
from tests.storage.units import metered
from tests.templates.conftest import Clock

TENANT, GROUP = "acme", "Everybody"
BATCH = 8
"""The members that are copied in one call, with all their items."""

READ = 20
"""The members that are read after each batch."""

FIRST = Template(
    "everybody",
    Selector("displayName", GROUP),
    {"code": "read", "wiki": "read", "crm": "read"},
    "regular",
    lasts=MEMBERSHIP,
)
SECOND = Template(
    "everybody",
    Selector("displayName", GROUP),
    {"code": "edit", "wiki": "edit", "crm": "edit"},
    "regular",
    lasts=MEMBERSHIP,
)


def main(members: int = 50_000) -> int:
    """Measure both walks, and print what they took."""
    program = dynamodb.program()
    if program is None:
        print("the engine is not installed: make install", file=sys.stderr)
        return 1
    with dynamodb.running(program) as url, deployment(made_clients(url)) as services:
        services.tenants.add(TENANT)
        directory = services.directory(TENANT)
        group = _filled(services, directory, members)
        print(f"a group of {members:,} members is there", flush=True)
        people = [each for each, _ in directory.context.memberships.iterate(group)]
        for name, template in (("a new template", FIRST), ("a new version", SECOND)):
            _measure(services, name, template, group, people)
    return 0


def _filled(services: Services, directory: Directory, size: int) -> str:
    """Create a group of so many members: one is created, and copied under other ids."""
    number = 10**11 + 1
    document = {"userName": f"u{number}@example.com", "emails": [{"value": f"{number}@x.test"}]}
    pattern = directory.users.create(document, _identifier(number)).record.id
    members = [{"value": pattern}]
    group = directory.groups.create({"displayName": GROUP, "members": members}).record.id
    items = [
        text
        for item in dynamodb.copied(services)
        if pattern in (text := json.dumps(item))
        and item["sk"]["S"].startswith(("DOCUMENT", "MEMBER", "GROUP"))
    ]
    others = range(number + 1, number + size)
    for begin in range(others.start, others.stop, BATCH):
        batch = range(begin, min(begin + BATCH, others.stop))
        copies = [
            json.loads(text.replace(pattern, _identifier(each)).replace(str(number), str(each)))
            for each in batch
            for text in items
        ]
        dynamodb.paste(services, copies)
    return group


def _identifier(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def _measure(
    services: Services, name: str, template: Template, group: str, people: Sequence[str]
) -> None:
    services.clock = clock = Clock()
    template_changes.set_templates(Operator(services, "operator:bench"), TENANT, [template])
    context = Context(services.table, TENANT, clock=clock)
    for what in ("first pass", "last pass"):
        seen: Counter[str] = Counter()
        begun, reading = time.perf_counter(), 0.0
        with metered(services.clients.dynamodb) as cost:
            for _ in template_walk.walk_on(context, template.name, group):
                before, spent = time.perf_counter(), (cost.reads, len(cost.calls))
                seen.update(_access(services, random.sample(people, READ)))
                reading += time.perf_counter() - before
                cost.reads = spent[0]
                del cost.calls[spent[1] :]
        seconds = time.perf_counter() - begun - reading
        calls, reads, writes = cost.total
        print(
            f"{name}, {what}: {seconds:,.0f} s, {calls:,} round trips, {reads:,.0f} units read, "
            f"{writes:,.0f} written; readers saw {dict(seen)}",
            flush=True,
        )
        clock.go_on(minutes=2)
    assert context.template_walks.read(template.name, group) is None


def _access(services: Services, people: Sequence[str]) -> list[str]:
    """Return the access of some users as readers see it: levels of all areas, and the role."""
    resources = Directory(Context(services.table, TENANT)).context.resources
    shown = []
    for record in resources.read_many(Kind.USER, people).values():
        ours = record.representation("").get(ROLLCALL, {})
        areas = {each["level"] for each in ours.get("workAreas", ())}
        shown.append(f"{'/'.join(sorted(areas)) or 'nothing'} {ours.get('role', '')}".strip())
    return shown


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
