"""The replay: a first cycle, then a month of cycles every forty minutes."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import httpx

from bench.gateway import event_loop
from bench.month import schedules
from bench.month.changes import Changes
from bench.month.clock import Clock
from bench.month.company import Company, Plan
from bench.month.functions import Functions
from bench.partitions.recording import INDEX_KEYS
from bench.partitions.recording import size as item_size
from demo.entra import Cycle, Job
from demo.sign_in import BearerToken
from demo.verdict import MEDIA_TYPE
from rollcall.aws.clients import Clients, connect
from rollcall.dev import emulator, local_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from tests import dynamodb

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
"""A Monday, on which the month begins; the first cycle is on the day before."""

DAYS = 30
CYCLE = timedelta(minutes=40)
WORK = range(8, 17)
"""The hours in which the changes of a working day are made."""

FIRST_GAP, GAP = 0.04, 0.2
"""The seconds between two requests: 25 a second in a first cycle, 5 in the others."""

OVERHEAD = 100
"""What DynamoDB stores beside each item and each entry of an index, in bytes."""

READS = 300

Say = Callable[[str], None]


@dataclass(frozen=True)
class Tenant:
    """A company, and the provisioning job of its tenant."""

    company: Company
    job: Job


def replay(plan: Plan, tenants: int, say: Say, *, follow: bool = False) -> dict[str, Any]:
    """Replay a month of so many tenants; return all figures.

    `follow` hands the changes of each second to the function that publishes them: the engine takes
    longer for each page the longer its stream is, so that only small companies are followed.
    """
    clock = Clock(BEGIN - timedelta(days=1))
    with deployment() as (services, database), event_loop(), clock.everywhere():
        changes = Changes(services, database) if follow else None
        functions = Functions(services, clock, changes.follow if changes else lambda: None)
        made = [_tenant(services, functions, number, plan) for number in range(tenants)]
        phases: dict[str, Any] = {}
        with phase(phases, "first cycle", FIRST_GAP, functions, changes):
            for each in made:
                _run(each, say)
        first = stored(services)
        functions.begin(FIRST_GAP)
        for each in made:
            each.company.leave_before(BEGIN.date())
            _run(each, say)
        clock.reach(BEGIN)
        with phase(phases, "month", GAP, functions, changes):
            cycles = _month(made, clock, say)
        say("the schedules")
        return {
            "tenants": tenants,
            "phases": phases,
            "cycles": cycles,
            "stored": {"first cycle": first, "month": stored(services)},
            "schedules": schedules.measure(
                services, [each.company.name for each in made], clock.now
            ),
            "bare_read": bare_read(database, services.table.name),
        }


def idle() -> dict[str, Any]:
    """Return what the schedules take in a deployment without tenants."""
    with deployment() as (services, database):
        return {
            "schedules": schedules.measure(services, [], datetime.now(UTC)),
            "bare_read": bare_read(database, services.table.name),
        }


@contextmanager
def deployment() -> Iterator[tuple[Services, str]]:
    """Yield the services over an engine and an emulator of their own, and the engine's URL."""
    program = dynamodb.program()
    if program is None:
        raise SystemExit("the DynamoDB engine is not installed: make install")
    with (
        tempfile.TemporaryDirectory() as state,
        dynamodb.running(program) as database,
        emulator.running(Path(state), fresh=True) as everything,
    ):
        clients = Clients(connect(database).dynamodb, connect(everything).secretsmanager)
        settings = Settings("rollcall-month", endpoint_url=everything, rate=50)
        services = Services(settings, clients)
        local_server.create_table(services)
        local_server.create_channels(services)
        local_server.create_signing_key(services)
        yield services, database


@contextmanager
def phase(
    phases: dict[str, Any], name: str, gap: float, functions: Functions, changes: Changes | None
) -> Iterator[None]:
    """Count what a block sends under a name."""
    functions.begin(gap)
    if changes:
        changes.begin()
    yield
    phases[name] = {
        "gap": gap,
        "starts": functions.starts,
        "kinds": {kind: each.json() for kind, each in sorted(functions.kinds.items())},
    }
    if changes:
        changes.follow()
        phases[name]["changes"] = changes.json()


def stored(services: Services) -> dict[str, int]:
    """Return what the table holds: items, and bytes of it and of its indexes."""
    items = size = index = 0
    pages = services.clients.dynamodb.get_paginator("scan").paginate(
        TableName=services.table.name, ConsistentRead=True
    )
    for item in (each for page in pages for each in page["Items"]):
        items += 1
        size += item_size(item) + OVERHEAD
        for names in INDEX_KEYS.values():
            if all(name in item for name in names):
                keys = {name: item[name] for name in ("pk", "sk", *names)}
                index += item_size(keys) + OVERHEAD
    return {"items": items, "bytes": size, "index_bytes": index}


def bare_read(database: str, table: str) -> float:
    """Return the CPU of one `get_item` of unmodified boto3, in seconds.

    CPU that is measured on a busy machine is dearer: this tells how much.
    """
    session = boto3.session.Session("test", "test", region_name="us-east-1")
    client = session.client("dynamodb", endpoint_url=database)
    spent = []
    for number in range(READS):
        begun = time.process_time()
        key = {"pk": {"S": f"bare{number}"}, "sk": {"S": "-"}}
        client.get_item(TableName=table, Key=key, ConsistentRead=True)
        spent.append(time.process_time() - begun)
    return median(spent)


def _tenant(services: Services, functions: Functions, number: int, plan: Plan) -> Tenant:
    name = f"tenant{number}"
    token = services.tenants.create(name)
    client = httpx.Client(
        base_url=f"https://scim.example.com/live/scim/{name}/v2",
        auth=BearerToken(token),
        headers={"Accept": MEDIA_TYPE},
        transport=functions,
    )
    company = Company(name, plan, number)
    return Tenant(company, Job(company.source, client))


def _run(tenant: Tenant, say: Say) -> None:
    cycle = tenant.job.run()
    _check(cycle)
    say(f"{tenant.company.name}: {len(cycle.exchanges):,} requests")


def _month(tenants: list[Tenant], clock: Clock, say: Say) -> dict[str, int]:
    """Run all cycles of the month; a cycle in which nothing has changed sends nothing."""
    sent = 0
    for day in range(DAYS):
        begin, requests = BEGIN + timedelta(days=day), 0
        for each in tenants:
            each.company.end(begin.date())
        steps = [
            list(each.company.due(begin.date())) if begin.weekday() < 5 else [] for each in tenants
        ]
        cycles = [begin + number * CYCLE for number in range(timedelta(days=1) // CYCLE)]
        working = [cycle for cycle in cycles if cycle.hour in WORK]
        for cycle in cycles:
            clock.reach(cycle)
            for each, due in zip(tenants, steps, strict=True):
                if cycle in working:
                    left = len(working) - working.index(cycle)
                    for _ in range(-(-len(due) // left)):
                        each.company.change(due.pop(), begin.date())
                if each.job.watermark < each.company.source.counter:
                    found = each.job.run()
                    _check(found)
                    requests += len(found.exchanges)
                    sent += bool(found.exchanges)
        say(f"day {day + 1}: {requests:,} requests")
    return {"of all": DAYS * len(cycles) * len(tenants), "that send requests": sent}


def _check(cycle: Cycle) -> None:
    if not cycle.good:
        bad = [each for each in cycle.exchanges if not each.good]
        raise RuntimeError(f"{cycle.name}: {cycle.problems[:3]} {bad[:3]}")
