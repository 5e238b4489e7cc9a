"""What a tenant sends, counted by containers: what is written, when, and what is lost at most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.aws.clients import Clients
from rollcall.runtime.services import Services
from rollcall.storage.usage_items import KEPT, SignInUse, UsageHour, UsageItems, active_tenants
from rollcall.tenants.authentication import Caller
from rollcall.tenants.usage_counter import FEW, SHARE, UsageCounter
from tests.conftest import deployment, made_clients
from tests.storage.faults import answering, refusal
from tests.storage.units import metered
from tests.tenants.conftest import Clock

ACME = Caller("acme", "t1")


@pytest.fixture(scope="module")
def quick_clients(dynamodb_url: str | None) -> Clients:
    """Clients of a DynamoDB in memory."""
    return made_clients(dynamodb_url)


@pytest.fixture
def services(quick_clients: Clients) -> Iterator[Services]:
    """A table of a test's own."""
    with deployment(quick_clients) as services:
        yield services


class Containers:
    """Containers that share a table and a clock."""

    def __init__(self, services: Services, clock: Clock, number: int = 1) -> None:
        self.services, self.clock = services, clock
        self.warned: list[str] = []
        self.counters = [
            UsageCounter(services.table, self.warned.append, lambda: clock.now)
            for _ in range(number)
        ]

    def send(self, *statuses: int, container: int = 0, seconds: float = 0) -> int:
        """Answer requests, with a pause before each; return how many were written."""
        return sum(self._send(status, container, seconds) for status in statuses)

    def _send(self, status: int, container: int, seconds: float) -> bool:
        self.clock.go_on(seconds)
        counter, caller = self.counters[container], None if status == 401 else ACME
        due = counter.count("acme", status, caller)
        if due:
            counter.write("acme")
        return due

    def hours(self) -> list[UsageHour]:
        return UsageItems(self.services.table, "acme").since("", self.clock.now)

    def requests(self) -> dict[str, int]:
        (hour,) = self.hours()
        return dict(hour.requests)


@pytest.fixture
def one(services: Services, clock: Clock) -> Containers:
    return Containers(services, clock)


def test_a_single_request_is_written_with_how_it_signed_in(one: Containers) -> None:
    one.send(200)

    assert one.hours() == [
        UsageHour(
            "2026-01-01T00",
            {"succeeded": 1},
            SignInUse("2026-01-01T00:00:00.000Z", "token", "t1"),
        )
    ]


def test_every_request_of_a_quiet_tenant_is_written(one: Containers) -> None:
    assert one.send(200, 404, 500, 429, 204, seconds=61) == 5
    assert one.requests() == {"succeeded": 2, "rejected": 1, "failed": 1, "limited": 1}


@pytest.mark.parametrize("requests", [2, 5, 6, 50, 300, 3_000])
def test_a_container_that_ends_loses_less_than_few_or_one_in_ten(
    one: Containers, requests: int
) -> None:
    writes = one.send(*[200] * requests)

    written = one.requests()["succeeded"]
    assert requests - written < max(FEW, requests / SHARE)
    assert writes <= 1 + min(requests / FEW, 10 + 70)


def test_a_busy_hour_costs_a_write_a_minute_and_some_more(one: Containers) -> None:
    writes = one.send(*[200] * 18_000, seconds=0.1999)

    assert 60 <= writes <= 130


def test_the_hours_of_several_containers_are_one(services: Services, clock: Clock) -> None:
    both = Containers(services, clock, 2)

    both.send(200, container=0)
    both.send(409, container=1)

    assert both.requests() == {"succeeded": 1, "rejected": 1}


def test_what_a_frozen_container_has_counted_is_written_when_it_wakes(one: Containers) -> None:
    one.send(200, 200, 200)
    one.send(200, seconds=7_200)

    assert [hour.requests for hour in one.hours()] == [{"succeeded": 1}, {"succeeded": 3}]


def test_a_refusal_after_an_answer_is_written_at_once_and_is_the_last(one: Containers) -> None:
    assert one.send(200, 401, seconds=1) == 2

    (hour,) = one.hours()
    assert hour.refused is not None
    assert hour.answered is not None
    assert hour.refused.time > hour.answered.time
    assert hour.refused.status == 401


def test_an_answer_after_a_refusal_is_written_at_once(one: Containers) -> None:
    assert one.send(200, 401, 200, seconds=1) == 3

    (hour,) = one.hours()
    assert hour.refused is not None
    assert hour.answered is not None
    assert hour.refused.time < hour.answered.time


def test_who_is_refused_all_the_time_causes_one_write_a_minute(one: Containers) -> None:
    assert one.send(*[401] * 3_000, seconds=0.1) == 5
    assert one.requests()["refused"] >= 3_000 - 600


def test_refusals_among_answers_cause_three_writes_a_minute_at_most(one: Containers) -> None:
    mixed = [401, 200] * 60

    assert one.send(*mixed, seconds=0.5) <= 3 + len(mixed) / 2 / FEW


def test_a_write_that_fails_fails_no_request_and_is_made_up_for(one: Containers) -> None:
    dynamodb = one.services.clients.dynamodb
    with answering(dynamodb, "UpdateItem", refusal("ProvisionedThroughputExceededException", 400)):
        one.send(200, *[200] * 20)
        one.send(200, seconds=61)
    assert one.warned == ["acme"]

    one.send(200, seconds=61)

    assert one.requests() == {"succeeded": 23}


def test_one_write_is_one_update_and_of_a_known_hour_one_unit(one: Containers) -> None:
    one.send(200)
    with metered(one.services.clients.dynamodb) as cost:
        one.send(200, seconds=61)

    assert cost.total == (1, 0, 1)


def test_the_index_names_who_was_there_since_an_hour(one: Containers, clock: Clock) -> None:
    before = clock.now
    one.send(200)

    assert active_tenants(one.services.table, before) == {"acme"}
    assert active_tenants(one.services.table, before + timedelta(hours=1)) == set()


def test_hours_that_have_expired_are_not_read(one: Containers, clock: Clock) -> None:
    usage = UsageItems(one.services.table, "acme")
    one.send(200)
    (item,) = one.services.table.scan("acme#USAGE")

    assert item["expires"] == int((datetime(2026, 1, 1, tzinfo=UTC) + KEPT).timestamp())
    assert usage.latest(clock.now) is not None
    clock.now += KEPT + timedelta(hours=1)
    assert one.hours() == []
    assert usage.latest(clock.now) is None
