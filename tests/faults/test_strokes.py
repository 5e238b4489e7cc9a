"""Every call of every write, struck: the state is before or after, and a repetition is safe.

Before or after at once for clients, and in all that is stored as soon as the sweep has been.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

import pytest

from rollcall.scim.errors import NotFoundException, Unavailable, UniquenessException
from rollcall.storage import large_change_items, table
from tests.faults.points import Points
from tests.faults.strokes import STROKES, Ended, Stroke
from tests.faults.world import TENANT, State, World
from tests.faults.writes import FOLLOWED, LARGE, SEVERAL, SINGLE, TEMPLATED, Write
from tests.long import LONG
from tests.operations.operators import Templates, operator_of
from tests.storage import consistency
from tests.storage.faults import at_call

SPREAD = 15
"""Of a large change, in a short run, every so manieth call, besides the first and the last."""


@pytest.mark.parametrize("write", [*SINGLE, *TEMPLATED, *FOLLOWED, *SEVERAL], ids=str)
def test_a_write_is_before_or_after_wherever_it_is_struck(
    world: World, write: Write, points: Points
) -> None:
    struck = Struck(world, write)

    for number in range(1, struck.calls + 1):
        struck.at(number, STROKES if LONG or write in SINGLE else one(number), points)


def test_a_change_of_500_members_is_before_or_after_wherever_it_is_struck(
    world: World, points: Points, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_change_items, "PART_MEMBERS", 100)
    monkeypatch.setattr(table, "FEW_BATCHES", 100)  # one after the other, so that they are counted
    struck = Struck(world, LARGE)

    for number in range(1, struck.calls + 1):
        if number in (1, struck.calls):
            struck.at(number, STROKES, points)
        elif LONG or number % SPREAD == 0:
            struck.at(number, one(number), points)


def one(number: int) -> list[Stroke]:
    """Return the way that a call is struck where it is struck in one only: each in turn.

    What ends before a call leaves what ends behind the one before it.
    """
    return [STROKES[number % len(STROKES)]]


class Snapshot(NamedTuple):
    """What clients see and what is stored."""

    seen: State
    stored: State


class Struck:
    """A write whose calls are struck; it takes so many `calls` when they are not."""

    def __init__(self, world: World, write: Write) -> None:
        self._world, self._write = world, write
        if write.templates:
            Templates(operator_of(world.services, TENANT), TENANT).set(write.templates)
        write.arrange(world.directory())
        world.max_actions = write.max_actions
        world.keep()
        self._before = self._snapshot()
        with at_call(world.client, 0, lambda: None) as counted:
            write.act(world.directory())
        self.calls = counted.number
        world.settle()
        self._after = self._snapshot()
        assert self._before != self._after

    def at(self, number: int, strokes: Iterable[Stroke], points: Points) -> None:
        """Strike the call of this number in several ways."""
        for stroke in strokes:
            self._at(number, stroke)
            points[str(stroke)] += 1

    def _at(self, number: int, stroke: Stroke) -> None:
        world, act = self._world, self._write.act
        world.set_back()
        acknowledged = False
        with stroke.at(world.client, number) as calls, suppress(Ended, Unavailable):
            act(world.directory())
            acknowledged = True
        assert calls.came
        assert calls.number == number or not stroke.ends, "something went on"

        seen = world.seen()
        assert seen in (self._before.seen, self._after.seen)
        happened = seen == self._after.seen
        assert happened or not acknowledged
        world.settle()
        expected = self._after if happened else self._before
        assert world.stored() == expected.stored

        # What has happened may be told so: the user is gone, the name is taken.
        with suppress(*((NotFoundException, UniquenessException) if happened else ())):
            act(world.directory())
        world.settle()
        assert world.stored() == self._after.stored
        assert consistency.verified(world.services, TENANT) == []

    def _snapshot(self) -> Snapshot:
        return Snapshot(self._world.seen(), self._world.stored())
