"""Whoever is stopped before any of its calls, and goes on after others did something, does no harm.

The outcome is that of one of them after the other, in one order or the other, for clients at once,
and in all that is stored as soon as the sweep has been.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

import pytest

from rollcall.scim.errors import NotFoundException, UniquenessException
from tests.faults.meetings import (
    BEFORE,
    BESIDE_HELPERS,
    BESIDE_WRITERS,
    BESIDE_WRITERS_OF_USERS,
    HELPERS,
    WRITERS,
    WRITERS_OF_USERS,
    Act,
    begin,
)
from tests.faults.points import Points
from tests.faults.world import TENANT, State, World
from tests.faults.writes import SMALL, Write
from tests.long import LONG
from tests.storage import consistency
from tests.storage.faults import at_call


class Outcome(NamedTuple):
    """Who was refused, what clients see, and what is stored in the end.

    Without versions: how far a change was applied when its group was deleted shows in those.
    """

    refused: frozenset[str]
    seen: State
    stored: State


@pytest.fixture
def begun(world: World) -> World:
    """A world where a change is true and nothing of it is applied."""
    arranged(world)
    begin(world)
    world.keep()
    return world


@pytest.mark.parametrize("who", WRITERS, ids=str)
def test_a_writer_that_is_stopped_while_others_write(
    world: World, who: Act, points: Points
) -> None:
    arranged(world)
    world.keep()
    meet(world, who, BESIDE_WRITERS, points)


@pytest.mark.parametrize("who", HELPERS, ids=str)
def test_a_helper_that_is_stopped_while_others_finish_and_go_on(
    begun: World, who: Act, points: Points
) -> None:
    meet(begun, who, BESIDE_HELPERS, points)


@pytest.mark.parametrize("who", WRITERS_OF_USERS, ids=str)
def test_a_writer_of_a_user_that_is_stopped_while_others_write(
    world: World, who: Act, points: Points
) -> None:
    arranged(world)
    world.keep()
    meet(world, who, BESIDE_WRITERS_OF_USERS, points)


def arranged(world: World) -> None:
    Write("", lambda _: None, BEFORE).arrange(world.directory())
    world.max_actions = SMALL


def meet(world: World, who: Act, beside: Sequence[Act], points: Points) -> None:
    """Stop somebody before each call, and let some of the others act then.

    Where there are many calls, every second of them at one and the rest at the next; in a short run
    one at each, in turn.
    """
    meeting = Meeting(world, who)
    turns = 1 if who.brief else 2 if LONG else len(beside)
    for number in count(1):
        acting = beside[number % turns :: turns]
        came = [str(others) for others in acting if meeting.at(number, others)]
        if not came:
            break
        points.update(came)
    assert points


class Meeting:
    """Somebody who is stopped in a world, to be set back to what it is now."""

    def __init__(self, world: World, who: Act) -> None:
        self._world = world
        self._who = who
        self._before = world.stored(finished=False)
        self._one_by_one: dict[Act, list[Outcome]] = {}

    def at(self, number: int, others: Act) -> bool:
        """Let others act before the call of this number; False when there is no such call."""
        world, refused = self._world, set[str]()
        world.set_back()
        with at_call(world.client, number, lambda: attempt(world, others, refused)) as calls:
            attempt(world, self._who, refused)
        if not calls.came:
            return False
        found = self._outcome(refused)
        attempt(world, self._who, set())
        world.settle()
        world.stored()
        assert consistency.verified(world.services, TENANT) == []
        assert found in self._in_turn(others), f"{others} at call {number}"
        return True

    def _in_turn(self, others: Act) -> list[Outcome]:
        """Return how it comes out when one acts after the other."""
        if others not in self._one_by_one:
            orders = ((self._who, others), (others, self._who))
            self._one_by_one[others] = [self._after(*order) for order in orders]
        return self._one_by_one[others]

    def _after(self, *acts: Act) -> Outcome:
        self._world.set_back()
        refused: set[str] = set()
        for each in acts:
            attempt(self._world, each, refused)
        return self._outcome(refused)

    def _outcome(self, refused: set[str]) -> Outcome:
        """Return how it came out; whatever changed has another version than before."""
        before, seen = self._before, self._world.seen()
        self._world.settle()
        after = self._world.stored()
        same = {name for name in after if name in before and after[name][1] == before[name][1]}
        assert {name: after[name] for name in same} == {name: before[name] for name in same}
        stored = {
            name: (document, beside, access)
            for name, (document, _, beside, access) in after.items()
        }
        return Outcome(frozenset(refused), seen, stored)


def attempt(world: World, who: Act, refused: set[str]) -> None:
    """Let somebody act, who may find that what it is about is gone, or that a name is taken."""
    try:
        who.act(world)
    except (NotFoundException, UniquenessException):
        refused.add(str(who))
