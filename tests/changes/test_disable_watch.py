"""The watch over who is disabled: what counts, when a wave is told of, and that it is told once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from rollcall.model.brake import WaveState
from rollcall.operations import disable_waves, planned_work
from rollcall.operations.disable_waves import EnableOutcome
from rollcall.runtime.brake_watch import disable_watch
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from tests.changes.town import EVENING, HOUR, MINUTE, OPERATOR, SECOND, Town, settled
from tests.directory.people import patch
from tests.operations.operators import finished
from tests.storage.faults import answering, refusal, success


@pytest.fixture
def town(services: Services) -> Town:
    return settled(services)


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region for the client of the topic."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


@pytest.fixture
def published(services: Services, region: None) -> Iterator[list[Any]]:
    """What is published on the topic."""
    sent: list[Any] = []
    events = services.channels.sns.meta.events

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    events.register("before-parameter-build.sns.Publish", note)
    with answering(services.channels.sns, "Publish", *[success(MessageId="1")] * 3):
        yield sent
    events.unregister("before-parameter-build.sns.Publish", note)


def test_a_fifth_is_no_wave_and_one_more_is(town: Town, published: list[Any]) -> None:
    a_fifth = [each for person in town.people[:9] for each in town.disable(person)]
    town.look(a_fifth)
    assert published == []

    town.look(town.disable(town.people[9]))
    (message,) = published
    assert json.loads(message["Message"])["default"] == json.dumps(
        {
            "event": "accounts disabled",
            "tenant": "acme",
            "wave": 1,
            "disabled": 10,
            "linked": 48,
            "since": "2026-11-27T18:00:01.000Z",
            "command": "rollcall brake show acme",
        }
    )
    assert "rollcall brake show acme" in json.loads(message["Message"])["email"]
    assert [each["wave"] for each in town.warned] == [1]


def test_nine_of_ten_are_no_wave(services: Services, town: Town, published: list[Any]) -> None:
    for each in town.people[10:]:
        services.directory("acme").users.delete(each)

    town.look(town.disable(*town.people[:9]))
    assert published == []
    town.look(town.disable(town.people[9]))
    assert len(published) == 1


def test_an_hour_is_the_one_before_whatever_the_clock_says(
    town: Town, published: list[Any]
) -> None:
    town.now = EVENING + 30 * MINUTE
    town.look(town.disable(*town.people[:6]))
    town.now += HOUR - 20 * SECOND
    town.look(town.disable(*town.people[6:9]))
    assert published == []

    town.now += 20 * SECOND  # an hour after the first ones, some of which do not count any more
    town.look(town.disable(town.people[9]))
    assert published == []


def test_records_that_come_again_count_once_and_tell_once(town: Town, published: list[Any]) -> None:
    nine = town.disable(*town.people[:9])
    for _ in range(3):
        town.look(nine)
    assert published == []

    more = town.disable(*town.people[9:30])
    for _ in range(3):
        town.look(nine + more)
    town.look(town.disable(*town.people[30:40]))
    assert len(published) == 1
    view = disable_waves.view(town.operator, "acme")
    assert (len(view.waves), len(view.accounts)) == (1, 40)


def test_who_is_disabled_by_an_operator_or_twice_does_not_count_for_more(
    town: Town, published: list[Any]
) -> None:
    first = town.people[0]
    town.look(town.disable(*town.people[1:9], actor=OPERATOR))
    for _ in range(10):
        town.look(town.disable(first) + town.enable(first))
    assert published == []


def test_accounts_that_are_deleted_while_active_count_as_disabled(
    town: Town, published: list[Any]
) -> None:
    town.look(town.delete(*town.people[:9]))
    assert published == []

    town.look(town.delete(town.people[9]))
    (message,) = published
    assert '"disabled": 10, "linked": 48' in json.loads(message["Message"])["default"]
    view = disable_waves.view(town.operator, "acme")
    assert {each.outcome for each in view.accounts} == {EnableOutcome.GONE}


def test_planned_work_is_not_told_and_does_not_count_afterwards(
    town: Town, published: list[Any]
) -> None:
    planned_work.switch_off(town.operator, "acme", town.now + HOUR / 2)
    town.look(town.disable(*town.people[:30]))
    town.now += HOUR / 2
    town.look(town.disable(*town.people[30:39]))
    assert published == []

    town.look(town.disable(town.people[39]))
    assert len(published) == 1


def test_a_message_that_fails_is_made_up_for_by_the_next_run(
    town: Town, services: Services, region: None
) -> None:
    watch = disable_watch(services, town)
    records = town.disable(*town.people[:20])
    failing = refusal("InternalError", 500)
    with answering(services.channels.sns, "Publish", failing, success(MessageId="1")) as left:
        with pytest.raises(Unavailable):
            watch.look(records)
        assert watch.tell_all() == 0  # who failed may still be at it

        town.now += MINUTE
        assert watch.tell_all() == 1
        assert watch.tell_all() == 0
        watch.look(records)
    assert left == []


def test_a_batch_that_comes_again_tells_at_once_of_the_wave_that_it_left_untold(
    town: Town, services: Services, region: None
) -> None:
    watch = disable_watch(services, town)
    records = town.disable(*town.people[:20])
    failing = refusal("InternalError", 500)
    with answering(services.channels.sns, "Publish", failing, success(MessageId="1")) as left:
        with pytest.raises(Unavailable):
            watch.look(records)
        watch.look(records)
    assert left == []


def test_a_wave_is_told_of_again_rather_than_not_at_all(
    town: Town, services: Services, region: None
) -> None:
    watch = disable_watch(services, town)
    records = town.disable(*town.people[:20])
    told = success(MessageId="1")
    unnoted = refusal("InternalServerError", 500)
    with answering(services.channels.sns, "Publish", told, told) as left:
        with (
            answering(services.clients.dynamodb, "UpdateItem", None, unnoted),
            pytest.raises(Unavailable),
        ):
            watch.look(records)
        watch.look(records)
        watch.look(records)
    assert left == []


def test_the_tenant_is_the_most_urgent_until_somebody_decides(
    town: Town, services: Services, published: list[Any]
) -> None:
    services.tenants.add("aaa")
    town.look(town.disable(*town.people[:20]))
    first = next(services.summaries.items.read_all()[1])
    assert (first.tenant, first.status(town.now)) == ("acme", "brake")

    disable_waves.dismiss(town.operator, "acme", 1)
    statuses = [each.status(town.now) for each in services.summaries.items.read_all()[1]]
    assert statuses == ["unconnected", "unconnected"]


def test_enabling_leaves_alone_whom_anybody_has_changed_since(
    town: Town, services: Services, published: list[Any]
) -> None:
    town.look(town.disable(*town.people[:20]))
    titled, enabled, gone, again, *others = town.people[:20]
    directory = services.directory("acme", actor=OPERATOR)
    directory.users.patch(titled, patch(("add", "title", "Baker")))
    directory.users.delete(gone)
    town.look(town.enable(enabled) + town.enable(again))
    town.look(town.disable(again, actor=OPERATOR))
    group = directory.groups.create({"displayName": "G", "members": [{"value": others[0]}]})
    assert group.record.id  # a membership raises the version, and is no change of the account

    dry = finished(disable_waves.enable(town.operator, "acme", 1, dry_run=True))
    assert not town.active(others[0])
    done = finished(disable_waves.enable(town.operator, "acme", 1))
    assert dry == done
    assert done == {
        EnableOutcome.ENABLED: 16,
        EnableOutcome.ACTIVE: 1,
        EnableOutcome.CHANGED: 1,
        EnableOutcome.GONE: 1,
    }
    assert [town.active(each) for each in (titled, enabled, again)] == [False, True, False]
    assert all(town.active(each) for each in others)
    assert finished(disable_waves.enable(town.operator, "acme", 1))[EnableOutcome.ENABLED] == 0
    assert disable_waves.view(town.operator, "acme").waves[0].state is WaveState.ENABLED


def test_after_a_decision_a_wave_is_counted_anew(town: Town, published: list[Any]) -> None:
    town.look(town.disable(*town.people[:20]))
    town.now += SECOND
    disable_waves.dismiss(town.operator, "acme", 1)

    town.look(town.disable(*town.people[20:29]))
    assert len(published) == 1
    town.look(town.disable(town.people[29]))
    assert len(published) == 2
    assert [each.number for each in disable_waves.view(town.operator, "acme").waves] == [2, 1]


def test_every_account_that_is_enabled_has_an_entry_in_the_log(
    town: Town, services: Services, published: list[Any]
) -> None:
    town.look(town.disable(*town.people[:12]))
    finished(disable_waves.enable(town.operator, "acme", 1))

    now = datetime.now(UTC)
    entries = services.log("acme").read(now - HOUR, now + HOUR)
    acts = [each for each in entries if each.method == "brake enable"]
    assert {each.target.removeprefix("User/") for each in acts} == set(town.people[:12])
    assert {(each.detail, each.changed, each.actor) for each in acts} == {
        ("wave 1", ("active",), "operator:ann")
    }


def test_a_late_record_of_the_morning_is_no_part_of_the_wave_of_the_evening(
    services: Services, town: Town, published: list[Any]
) -> None:
    late = town.disable(town.people[0])
    town.now += 3 * HOUR
    town.look([each for person in town.people[1:12] for each in town.disable(person)])

    town.look(late)

    (wave,) = disable_waves.view(town.operator, "acme").waves
    assert wave.began > "2026-11-27T20"
    assert len(published) == 1


def test_who_is_disabled_again_after_the_operator_is_no_part_of_the_wave(
    town: Town, services: Services, published: list[Any]
) -> None:
    """The command is stopped after the first account, and repeated while the wave goes on."""
    town.look(town.disable(*town.people[:12]))
    first, second, *others = town.people[:12]
    run = disable_waves.enable(town.operator, "acme", 1)
    unnoted = refusal("InternalServerError", 500)
    with (
        answering(services.clients.dynamodb, "UpdateItem", None, unnoted),
        pytest.raises(Unavailable),
    ):
        finished(run)  # all are enabled, and the wave is not decided
    assert disable_waves.view(town.operator, "acme").waves[0].state is WaveState.OPEN

    town.look(town.disable(first))  # the client still wants that
    town.look(town.enable(second))  # the client has seen its mistake, and makes it once more
    town.look(town.disable(town.people[20]))
    done = finished(disable_waves.enable(town.operator, "acme", 1))

    assert done == {
        EnableOutcome.ENABLED: 1,
        EnableOutcome.ACTIVE: 11,
        EnableOutcome.CHANGED: 0,
        EnableOutcome.GONE: 0,
    }
    assert not town.active(first)
    assert town.active(town.people[20])
    assert all(town.active(each) for each in (second, *others))


def test_planned_work_while_a_wave_goes_on_is_left_as_it_is(
    town: Town, published: list[Any]
) -> None:
    town.look(town.disable(*town.people[:12]))
    town.now += SECOND
    planned_work.switch_off(town.operator, "acme", town.now + 10 * MINUTE)
    planned = town.disable(*town.people[12:20])
    town.look(planned)
    town.now += 10 * MINUTE
    town.look(town.disable(*town.people[20:22]))

    done = finished(disable_waves.enable(town.operator, "acme", 1))

    assert done[EnableOutcome.ENABLED] == 14
    assert [town.active(each) for each in town.people[11:21]] == [True, *[False] * 8, True]


def test_a_late_record_counts_within_an_hour_and_not_within_more(
    town: Town, published: list[Any]
) -> None:
    early = town.disable(*town.people[:5])
    town.now += 40 * MINUTE
    late = town.disable(town.people[5])
    town.now += 40 * MINUTE
    evening = town.disable(*town.people[6:10])

    town.look(early + evening)
    town.look(late)  # within an hour of all others, which are more than an hour apart

    assert published == []


def test_a_late_record_that_completes_a_wave_is_told_and_later_ones_belong_to_it(
    town: Town, published: list[Any]
) -> None:
    early = town.disable(*town.people[:9])
    town.now += 20 * MINUTE
    late = town.disable(town.people[9])
    town.now += 50 * MINUTE
    later = town.disable(town.people[10])
    town.look(early)
    town.look(later)  # within an hour of the late one, and of no other
    assert published == []

    town.look(late)

    assert len(published) == 1
    view = disable_waves.view(town.operator, "acme")
    assert {each.user for each in view.accounts} == set(town.people[:11])


def test_what_the_watch_failed_to_note_is_noted_with_the_next_records(
    town: Town, services: Services, published: list[Any]
) -> None:
    watch = disable_watch(services, town)
    nine, last = town.disable(*town.people[:9]), town.disable(town.people[9])
    failing = refusal("InternalServerError", 500)
    with (
        answering(services.clients.dynamodb, "BatchWriteItem", failing),
        pytest.raises(Unavailable),
    ):
        watch.look(nine)
    assert published == []

    watch.look(last)

    (message,) = published
    assert '"disabled": 10, "linked": 48' in json.loads(message["Message"])["default"]
