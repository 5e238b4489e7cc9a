"""No partition key of a tenant takes more than a partition does, at the rate that is admitted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.partitions.loads import (
    BURST,
    IN_ALL,
    IN_DEBT,
    bulk_peaks,
    costliest,
    cycle,
    first_cycle,
    spread,
    tenants,
)
from bench.partitions.recording import TABLE, Usage
from bench.partitions.requests import IN_BULK, Recording, record
from bench.partitions.simulation import BEFORE, NOW, Replay, family, peaks
from rollcall.runtime.settings import Settings
from tests.conftest import deployment, made_clients

ACCESS_PATTERNS = (Path(__file__).parents[2] / "docs" / "access-patterns.md").read_text()
LOG = (TABLE, "T#LOG#{day}#{0-3}")
CHANGED = ("changes", "T#CHANGED(#MORE)#USERS#{0-3}")


@pytest.fixture(scope="module")
def recording(dynamodb_url: str | None) -> Recording:
    if dynamodb_url is None:
        pytest.skip("the DynamoDB engine is not installed: make install")
    with deployment(made_clients(dynamodb_url), Settings()) as services:
        return record(services)


def shared(usage: Usage) -> dict[str, float]:
    """Return the write units of the keys that requests share, by family."""
    found: dict[str, float] = {}
    for (_, key), units in usage.items():
        name = family(key)
        if units.writes and not name.endswith(("{id}", "{value}")):
            found[name] = found.get(name, 0) + units.writes
    return found


def documented() -> dict[str, dict[str, float]]:
    """Return the table of the page, by request and key."""
    section = ACCESS_PATTERNS.split("## Write units of shared keys")[1]
    rows = re.findall(r"^\| ([A-Za-z0-9 ]+) \| (`.+) \|$", section, re.MULTILINE)
    return {
        kind: {name: float(units) for name, units in re.findall(r"`(.+?)` (\d+)", cells)}
        for kind, cells in rows
    }


def test_every_recorded_key_is_an_access_pattern(recording: Recording) -> None:
    rows = ACCESS_PATTERNS.split("\n## ")[0]
    shapes = {re.escape(each) for each in re.findall(r"`((?:T)?#[^`]+)`", rows)}
    patterns = [re.sub(r"\\{.+?\\}", "[^ ]+", each) for each in shapes]

    unknown = {
        name
        for usage in recording.values()
        for name in (re.sub("^acme", "T", key) for _, key in usage)
        if not any(re.fullmatch(pattern, name) for pattern in patterns)
    }
    assert unknown == set()


def test_the_write_units_are_those_of_the_page(recording: Recording) -> None:
    assert documented() == {
        kind: units
        for kind, usage in recording.items()
        if kind != "bulk" and (units := shared(usage))
    }


def test_a_bulk_request_takes_the_units_of_its_operations(recording: Recording) -> None:
    one = shared(recording["create user"])

    assert shared(recording["bulk"]) == {name: IN_BULK * units for name, units in one.items()}


def test_no_key_is_beyond_its_limit_in_a_first_cycle(recording: Recording) -> None:
    cycle = peaks(first_cycle(Replay(recording), 500))

    assert max(units.load for units in cycle.values()) < 0.5


def test_no_partition_is_beyond_its_limit_in_a_first_cycle(recording: Recording) -> None:
    """On the partitions of a new table, of which each key has a part only."""
    found = cycle(first_cycle(Replay(recording), 500))

    assert found.throttled == 0
    assert max(found.partitions.values()) < 0.7


def test_requests_at_the_rate_of_a_tenant_take_less_than_half_of_a_partition(
    recording: Recording,
) -> None:
    found = costliest(Replay(recording), recording)
    members = found.pop(CHANGED)

    assert max(units.load for _, units in found.values()) < 0.5
    assert members[0] == "add 100 members"
    # 5 000 units in eight partitions are 625 for each, and more where they happen to fall together.
    assert members[1].load < 0.9


def test_bulk_requests_are_within_the_limit_however_many_are_sent_at_once(
    recording: Recording,
) -> None:
    assert max(units.load for units in bulk_peaks(recording, 1).values()) < 0.5
    assert max(units.load for units in bulk_peaks(recording, BURST).values()) < 1


def test_before_three_keys_were_beyond_their_limit(recording: Recording) -> None:
    """What decision 0090 is about: the simulation would notice it."""
    before = costliest(Replay(recording, BEFORE), recording)
    alone = {name for name, (_, units) in before.items() if units.load > 1}
    at_once = bulk_peaks(recording, IN_DEBT, BEFORE)

    assert alone == {CHANGED}
    assert {name for name, units in at_once.items() if units.load > 1} == {("index", "T#IDENTITY")}


def test_ten_thousand_tenants_at_once_fill_no_key(recording: Recording) -> None:
    """Also in the first second of an hour, when each puts its entry of usage."""
    before, now = (
        spread(tenants(Replay(recording, design), 10_000, IN_ALL)) for design in (BEFORE, NOW)
    )

    assert {where: each.name for where, each in before.items() if each.key > 1} == {
        "index": "#USAGE#{0-15}"
    }
    assert max(each.key for each in now.values()) < 0.2
    assert max(each.partition for each in now.values()) < 1


def test_bulk_requests_are_spread_over_the_shards_of_the_log(recording: Recording) -> None:
    before, now = (bulk_peaks(recording, 1, each)[LOG] for each in (BEFORE, NOW))

    assert now.writes <= before.writes / 3
