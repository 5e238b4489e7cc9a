"""The summaries of tenants, as runs and changes bring them up to date, and the weekly message."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.model.tenant_summary import TenantSummary
from rollcall.runtime import summary_function
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.storage.summary_items import SummaryRun
from rollcall.storage.usage_items import Refusal, SignInUse, UsageItems
from tests.storage.faults import answering, success
from tests.storage.units import Cost, metered

FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Stack:
    """A deployment in which tenants send something, and runs come every 15 minutes."""

    services: Services
    now: datetime = FRIDAY

    def send(self, tenant: str = "acme", requests: int = 1) -> None:
        use = SignInUse(instant(self.now), "token", "t1")
        usage = UsageItems(self.services.table, tenant)
        usage.add(self.now, {"succeeded": requests}, use, None)

    def refuse(self, tenant: str = "acme") -> None:
        usage = UsageItems(self.services.table, tenant)
        usage.add(self.now, {"refused": 1}, None, Refusal(instant(self.now), 401))

    def run(self) -> bool:
        return self.services.summaries.run(self.now)

    def wait(self, time: timedelta) -> None:
        """Let time go by, with a run every six hours: those between them write nothing else."""
        end = self.now + time
        while self.now < end:
            self.now = min(self.now + 6 * HOUR, end)
            self.run()

    def summary(self, tenant: str = "acme") -> TenantSummary:
        found = self.services.summaries.items.read(tenant)
        assert found is not None
        return found

    def listed(self) -> list[tuple[str, str]]:
        _, summaries = self.services.summaries.items.read_all()
        return [(each.tenant, each.status(self.now)) for each in summaries]

    def cost(self) -> Cost:
        with metered(self.services.clients.dynamodb) as cost:
            self.run()
        return cost


@pytest.fixture
def stack(services: Services) -> Stack:
    """A deployment with a tenant that sends something every working day, until a Friday."""
    services.tenants.create("acme")
    stack = Stack(services)
    for days in (11, 10, 9, 8, 7, 4, 3, 2, 1, 0):
        stack.now = FRIDAY - days * DAY
        stack.send()
        stack.run()
    return stack


def test_a_new_tenant_is_listed_at_once_and_is_not_connected_yet(services: Services) -> None:
    services.tenants.create("acme")

    assert Stack(services).listed() == [("acme", "unconnected")]
    (token,) = Stack(services).summary().tokens
    assert token.label == "first"


def test_a_run_says_what_was_sent_on_the_last_day_and_how_it_signed_in(stack: Stack) -> None:
    stack.now += 20 * MINUTE
    stack.send(requests=4)
    stack.run()

    acme = stack.summary()
    assert (acme.counted, acme.requests) == ("2026-11-27", {"succeeded": 5})
    assert (acme.answered, acme.way, acme.credential) == (instant(stack.now), "token", "t1")
    assert stack.services.summaries.items.read_all()[0].finished == instant(stack.now)


def test_a_weekend_raises_nothing_and_a_longer_silence_is_told(stack: Stack) -> None:
    stack.wait(9 * DAY - HOUR)
    assert stack.listed() == [("acme", "active")]

    stack.wait(HOUR)
    assert stack.listed() == [("acme", "silent")]

    stack.send()
    stack.run()
    assert stack.listed() == [("acme", "active")]


def test_the_history_outlives_the_hours_that_it_was_made_of(stack: Stack) -> None:
    stack.wait(30 * DAY)

    assert stack.services.summaries.items.read("acme") is not None
    assert stack.summary().silent_after() == 9 * DAY


def test_whose_last_answer_was_a_401_is_named_an_hour_later(stack: Stack) -> None:
    stack.now += 40 * MINUTE
    stack.refuse()
    stack.run()
    assert stack.listed() == [("acme", "active")]

    stack.now += HOUR
    stack.run()
    assert stack.listed() == [("acme", "refused")]
    assert stack.summary().refused_since == instant(FRIDAY + 40 * MINUTE)


def test_a_401_that_is_followed_by_an_answer_is_nothing(stack: Stack) -> None:
    stack.now += 40 * MINUTE
    stack.refuse()
    stack.run()
    stack.now += MINUTE
    stack.send()
    stack.wait(2 * DAY)

    assert stack.listed() == [("acme", "active")]


def test_a_run_in_which_nothing_changed_writes_itself_and_nothing_else(stack: Stack) -> None:
    stack.now += 6 * HOUR
    before = stack.summary()

    assert stack.cost().writes == 1
    assert stack.summary() == before


def test_a_summary_that_was_missed_is_right_a_day_later(stack: Stack) -> None:
    stack.services.summaries.items.remove("acme")
    stack.run()
    assert stack.listed() == []

    stack.now += DAY
    stack.run()
    assert stack.listed() == [("acme", "active")]


def test_a_summary_without_a_tenant_goes_within_a_day(stack: Stack) -> None:
    stack.services.secrets.delete("acme")
    stack.run()
    assert stack.listed() == [("acme", "active")]

    stack.now += DAY
    stack.run()
    assert stack.listed() == []


def test_a_deleted_tenant_is_not_listed_any_more(stack: Stack) -> None:
    stack.services.tenants.delete("acme")

    assert stack.listed() == []


def test_the_first_run_of_a_deployment_finds_all_tenants(services: Services) -> None:
    for name in ("acme", "other"):
        services.tenants.create(name)
        services.summaries.items.remove(name)

    assert Stack(services).run()
    assert Stack(services).listed() == [("acme", "unconnected"), ("other", "unconnected")]


def test_a_run_whose_time_is_over_is_gone_on_with(stack: Stack) -> None:
    stack.now += DAY
    assert not stack.services.summaries.run(stack.now, lambda: True)
    assert stack.summary().checked < instant(stack.now - HOUR)

    assert stack.run()
    assert stack.summary().checked == instant(stack.now)


def test_what_ends_needs_attention_before_and_after_its_end(services: Services) -> None:
    services.tenants.create("acme")
    stack = Stack(services, datetime.now(UTC) + 350 * DAY)
    stack.run()
    assert stack.listed() == [("acme", "expiring")]

    stack.now += 20 * DAY
    stack.run()
    assert stack.listed() == [("acme", "expired")]


def test_another_run_at_work_is_left_to_its_work(services: Services) -> None:
    @dataclass
    class Context:
        aws_request_id: str = "one"

        def get_remaining_time_in_millis(self) -> int:
            return 840_000

    now = datetime.now(UTC)
    services.leases().take(summary_function.LEASE, "another", now, now + HOUR)
    assert summary_function.update(services, Context()) == {"finished": False}

    services.leases().release(summary_function.LEASE, "another")
    assert summary_function.update(services, Context()) == {"finished": True}
    assert services.summaries.items.read_all()[0] != SummaryRun()


@pytest.fixture
def published(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[dict[str, Any]]]:
    """What is published on the topic."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    sent: list[dict[str, Any]] = []
    events = services.channels.sns.meta.events

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    events.register("before-parameter-build.sns.Publish", note)
    with answering(services.channels.sns, "Publish", success(MessageId="1")):
        yield sent
    events.unregister("before-parameter-build.sns.Publish", note)


def test_one_message_a_week_names_who_is_silent_or_refused(
    stack: Stack, published: list[dict[str, Any]]
) -> None:
    assert summary_function.tell(stack.services, stack.now) == 0
    assert published == []

    stack.services.tenants.create("other")
    stack.wait(9 * DAY)
    stack.refuse("other")
    stack.wait(2 * HOUR)

    assert summary_function.tell(stack.services, stack.now) == 2
    (message,) = published
    assert message["Subject"] == "Rollcall: nothing is heard from 2 tenants"
    refused, silent = json.loads(message["Message"])["email"].split("\n\n")
    assert refused.startswith("other: its requests have been refused with 401 since 2026-12-06")
    assert "test the connection" in refused
    assert silent.startswith("acme: it has sent nothing for 9 days")
    assert "quarantine" in silent
