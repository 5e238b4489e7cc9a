"""Summaries in the order of urgency: each tenant has one, wherever it moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rollcall.model.tenant_summary import URGENCIES, TenantSummary, TokenFacts
from rollcall.runtime.services import Services
from rollcall.storage import deployment_keys
from rollcall.storage.summary_items import SummaryItems, SummaryRun
from rollcall.storage.transactions import ConditionFailed
from tests.storage.units import metered

CREATED = "2026-01-01T00:00:00.000Z"
WHOLE = TenantSummary(
    "acme", "active", CREATED,
    tokens=(TokenFacts("0123456789ab", "hand-over", CREATED, "2027-01-01T00:00:00.000Z"),),
    endings=("2027-01-01T00:00:00.000Z",), endless=True,
    answered=CREATED, way="client_secret", credential="rollcall-client-0123456789abcdef",
    refused=CREATED, refused_status=401, refused_since=CREATED,
    counted="2026-01-01", requests={"succeeded": 12_345, "rejected": 678, "refused": 90},
    active="2026-01-01", days=(1 << 60) - 1, duplicates=3, checked=CREATED, written=CREATED,
    urgency=7,
)  # fmt: skip


@pytest.fixture
def items(services: Services) -> SummaryItems:
    return SummaryItems(services.table)


def listed(items: SummaryItems) -> list[tuple[int, str]]:
    return [(each.urgency, each.tenant) for each in items.read_all()[1]]


def test_a_summary_is_read_as_it_was_written(items: SummaryItems) -> None:
    written = items.write(WHOLE, None)

    assert written == replace(WHOLE, revision=1)
    assert items.read("acme") == written
    assert list(items.read_all()[1]) == [written]


def test_a_summary_that_becomes_more_urgent_moves(items: SummaryItems) -> None:
    other = items.write(replace(WHOLE, tenant="other"), None)
    before = items.write(WHOLE, None)
    items.write(replace(before, urgency=0), before)
    items.write(replace(other, duplicates=4), other)

    assert listed(items) == [(0, "acme"), (7, "other")]
    assert items.read("acme") == replace(WHOLE, urgency=0, revision=2)


def test_of_two_writers_the_slower_one_changes_nothing(items: SummaryItems) -> None:
    before = items.write(WHOLE, None)
    items.write(replace(before, urgency=2), before)

    for late in (replace(before, duplicates=9), replace(before, urgency=0)):
        with pytest.raises(ConditionFailed):
            items.write(late, before)
    assert listed(items) == [(2, "acme")]


def test_a_tenant_gets_one_summary_however_many_create_it(items: SummaryItems) -> None:
    items.write(WHOLE, None)

    for urgency in range(len(URGENCIES)):
        with pytest.raises(ConditionFailed):
            items.write(replace(WHOLE, urgency=urgency), None)
    assert listed(items) == [(7, "acme")]


def test_a_summary_is_removed_wherever_it_is(items: SummaryItems) -> None:
    items.write(replace(WHOLE, urgency=3), None)
    items.write(replace(WHOLE, tenant="acme2"), None)

    items.remove("acme")

    assert listed(items) == [(7, "acme2")]
    assert items.read("acme") is None


def test_the_run_is_not_among_the_tenants(items: SummaryItems) -> None:
    assert items.read_all()[0] == SummaryRun()
    run = SummaryRun(CREATED, CREATED)
    items.write_run(run)
    items.write(WHOLE, None)

    found, summaries = items.read_all()
    assert found == run
    assert [each.tenant for each in summaries] == ["acme"]


def test_a_write_that_does_not_move_is_one_unit_and_one_that_moves_four(
    items: SummaryItems, services: Services
) -> None:
    before = items.write(WHOLE, None)
    with metered(services.clients.dynamodb) as same:
        before = items.write(replace(before, duplicates=4), before)
    with metered(services.clients.dynamodb) as moved:
        items.write(replace(before, urgency=0), before)

    assert same.total == (1, 0, 1)
    assert moved.total == (1, 0, 4)


@pytest.mark.parametrize("clients", ["dynoxide"], indirect=True)
def test_a_thousand_tenants_are_read_in_three_round_trips_at_most(
    items: SummaryItems, services: Services
) -> None:
    dynamodb = services.clients.dynamodb
    written = items.write(WHOLE, None)
    (raw,) = dynamodb.query(
        TableName=services.table.name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": deployment_keys.TENANTS}},
    )["Items"]
    for first in range(0, 1_000, 25):
        puts = [
            {"PutRequest": {"Item": {**raw, "sk": {"S": f"{number % 9}#tenant-{number:033}"}}}}
            for number in range(first, first + 25)
        ]
        dynamodb.batch_write_item(RequestItems={services.table.name: puts})  # type: ignore[dict-item]

    with metered(dynamodb) as cost:
        summaries = list(items.read_all()[1])

    assert len(summaries) == 1_001
    assert written in summaries
    assert cost.calls == ["Query"] * len(cost.calls)
    assert len(cost.calls) <= 2
