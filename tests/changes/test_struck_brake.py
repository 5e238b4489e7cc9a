"""Every call of the brake, struck: a batch that comes again, and a command that is repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from rollcall.model.brake import Wave, WaveState
from rollcall.operations import disable_waves
from rollcall.runtime.brake_watch import disable_watch
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.storage import item_changes
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.keys import Keys
from tests.changes.town import MINUTE, Town, settled
from tests.faults.strokes import STROKES, Ended, Stroke
from tests.long import LONG
from tests.operations.operators import finished
from tests.storage import consistency
from tests.storage.faults import answering, at_call, success

pytestmark = pytest.mark.faults


@pytest.fixture
def town(services: Services, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(disable_waves, "PARALLEL", 1)  # so that the calls come in one order
    return settled(services)


def strokes(number: int) -> list[Stroke]:
    """Return the ways in which a call is struck: one of them in turn, or all in a long run."""
    return list(STROKES) if LONG else [STROKES[number % len(STROKES)]]


@contextmanager
def topic(services: Services) -> Iterator[list[Any]]:
    """Take messages, and yield those that may still come."""
    with answering(services.channels.sns, "Publish", *[success(MessageId="1")] * 3) as left:
        yield left


def forget(services: Services) -> None:
    """Delete everything of the brake."""
    items = services.table.query(Keys("acme").brake())
    services.table.delete({"pk": item["pk"], "sk": item["sk"]} for item in items)
    services.summaries.note_wave("acme", "")


def test_wherever_the_watch_is_struck_one_wave_is_told_when_the_batch_comes_again(
    town: Town, services: Services
) -> None:
    records, client = town.disable(*town.people[:20]), services.clients.dynamodb
    watch = disable_watch(services, town)
    with topic(services), at_call(client, 0, lambda: None) as counted:
        watch.look(records)
    assert counted.number > 8

    for number in range(1, counted.number + 1):
        for stroke in strokes(number):
            forget(services)
            with topic(services) as left:
                with stroke.at(client, number) as calls, suppress(Ended, Unavailable):
                    watch.look(records)
                assert calls.came
                town.now += MINUTE
                watch.look(records)
                watch.look(records)
            brake = BrakeItems(services.table, "acme")
            (wave,) = brake.waves()
            assert (wave.number, wave.disabled, bool(wave.told)) == (1, 20, True), str(stroke)
            assert len(list(brake.disabled(""))) == 20
            assert len(left) in (1, 2), "once, or twice where the note of it was lost"


def test_wherever_enabling_is_struck_it_is_finished_by_the_next_time(
    town: Town, services: Services
) -> None:
    people, client = town.people[:3], services.clients.dynamodb
    brake = BrakeItems(services.table, "acme")

    def disable() -> None:
        forget(services)
        town.now += MINUTE
        records = town.disable(*people)
        watch = disable_watch(services, town)
        watch.look(records)
        times = [
            change.after["modified"] for change in item_changes.changes(records) if change.after
        ]
        brake.open(Wave(1, times[0], times[-1], 3, 48), "r", town.now)

    disable()
    with at_call(client, 0, lambda: None) as counted:
        finished(disable_waves.enable(town.operator, "acme", 1))

    for number in range(1, counted.number + 1):
        for stroke in strokes(number):
            disable()
            with stroke.at(client, number) as calls, suppress(Ended, Unavailable):
                finished(disable_waves.enable(town.operator, "acme", 1))
            assert calls.came
            finished(disable_waves.enable(town.operator, "acme", 1))
            assert [town.active(each) for each in people] == [True] * 3, f"{stroke} at {number}"
            assert [each.state for each in brake.waves()] == [WaveState.ENABLED]
    assert consistency.verified(services, "acme") == []
