"""Every call of what happens to an account whose deletion waits, struck: before or after.

An account that is brought back is in its groups as soon as the sweep has been.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from rollcall.directory import held_deletion
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LOCAL
from rollcall.scim.errors import NotFoundException, Unavailable, UniquenessException
from rollcall.storage.transactions import ConditionFailed
from tests.directory.people import user
from tests.faults.points import Points
from tests.faults.strokes import STROKES, Ended, Stroke
from tests.faults.world import TENANT, World
from tests.faults.writes import grouped
from tests.long import LONG
from tests.storage import consistency
from tests.storage.faults import at_call

ANN = {"userName": "ann", "externalId": "E1", "emails": [{"value": "ann@example.com"}]}


def waiting(directory: Directory) -> Directory:
    """Return the directory of a client whose deletions wait."""
    return Directory(replace(directory.context, grace=7))


def delete(directory: Directory) -> None:
    waiting(directory).users.delete("ann")


def take_back(directory: Directory) -> None:
    waiting(directory).users.create(ANN)


def purge(directory: Directory) -> None:
    held = directory.context.held_accounts.read("ann")
    if held is not None:
        held_deletion.purge(directory.context, held)


def refuse(directory: Directory) -> None:
    context = directory.context
    held = context.held_accounts.read("ann")
    if held is not None:
        document = {**held.document, "active": False}
        _, actions = held_deletion.bring_back(context, held, document, LOCAL, tuple(held.groups))
        with suppress(ConditionFailed):
            context.commit(actions)
    held_deletion.finish_return(context, "ann")


@dataclass(frozen=True)
class Act:
    """Something that happens to the account, which is held before where `held` says so."""

    do: Callable[[Directory], None]
    held: bool = True
    groups: int = 2
    max_actions: int = 100

    def __str__(self) -> str:
        return f"{self.do.__name__} {self.groups} groups"


ACTS = (
    Act(delete, held=False),
    Act(delete, held=False, groups=6, max_actions=14),
    Act(take_back),
    Act(refuse),
    Act(refuse, groups=6, max_actions=16),
    Act(purge),
)


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_what_happens_to_a_held_account_is_before_or_after_wherever_it_is_struck(
    world: World, act: Act, points: Points
) -> None:
    directory = world.directory()
    directory.users.create(ANN, "ann")
    for number in range(act.groups):
        directory.groups.create(grouped(f"g{number}", "ann"), f"g{number}")
    user(directory, "bob")
    if act.held:
        delete(directory)
    world.max_actions = act.max_actions
    world.keep()
    before = stored(world)
    with at_call(world.client, 0, lambda: None) as counted:
        act.do(world.directory())
    world.settle()
    after = stored(world)
    assert before != after

    for number in range(1, counted.number + 1):
        for stroke in STROKES if LONG else (STROKES[number % len(STROKES)],):
            points[str(stroke)] += 1
            world.set_back()
            done = struck(world, act, number, stroke)
            world.settle()
            allowed = [after] if done else [before, after]
            assert stored(world) in allowed

            with suppress(NotFoundException, UniquenessException):
                act.do(world.directory())
            world.settle()
            assert stored(world) == after
            assert consistency.verified(world.services, TENANT) == []


def struck(world: World, act: Act, number: int, stroke: Stroke) -> bool:
    """Strike one call of an act; return whether the act was acknowledged."""
    with stroke.at(world.client, number) as calls, suppress(Ended, Unavailable):
        act.do(world.directory())
        return True
    assert calls.came
    return False


def stored(world: World) -> Mapping[str, Any]:
    """Return what is stored of those who live, and the names of those who are held."""
    accounts = world.directory().context.held_accounts.all()
    held = sorted((each.user_name, tuple(sorted(each.groups))) for each in accounts)
    return {**world.stored(), "held": held}
