"""Every call of every write, struck: the state is before or after, and a repetition is safe.

Before or after at once for clients, and in all that is stored as soon as the sweep has been.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from typing import NamedTuple
from uuid import uuid4

import pytest

from rollcall import local
from rollcall.runtime import Services, Settings
from rollcall.scim.errors import NotFoundException, Unavailable, UniquenessException
from rollcall.storage import journal
from rollcall.templates.templates import Templates
from tests.conftest import Server
from tests.faults.strokes import STROKES, Ended, Stroke
from tests.faults.world import TENANT, State, World
from tests.faults.writes import SEVERAL, SINGLE, TEMPLATED, Write
from tests.storage import consistency


@pytest.fixture
def world(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A tenant in a table of its own on the emulator; what is written down takes several parts."""
    monkeypatch.setattr(journal, "PART", 4)
    services = Services(Settings(table=f"t{uuid4().hex}"), server.services.clients)
    local.create_table(services)
    yield World(services)
    services.clients.dynamodb.delete_table(TableName=services.table.name)


@pytest.mark.parametrize("write", [*SINGLE, *SEVERAL, *TEMPLATED], ids=str)
def test_a_write_is_before_or_after_wherever_it_is_struck(
    world: World, write: Write, record_property: Callable[[str, object], None]
) -> None:
    if write.templates:
        Templates(world.services.table, TENANT).set(write.templates)
    write.arrange(world.directory())
    world.max_actions = write.max_actions
    world.keep()
    before = Snapshot(world.seen(), world.stored())
    write.act(world.directory())
    after = Snapshot(world.seen(), world.stored())
    assert before != after

    points = {
        str(stroke): sum(1 for _ in struck(world, write, stroke, before, after))
        for stroke in STROKES
    }

    assert points["refused"] == points["ended before"] > 0
    assert points["answer lost"] == points["ended after"] == points["refused"]
    record_property("injection points", points)


class Snapshot(NamedTuple):
    """What clients see and what is stored."""

    seen: State
    stored: State


def struck(
    world: World, write: Write, stroke: Stroke, before: Snapshot, after: Snapshot
) -> Iterator[int]:
    """Strike each call of a write in turn; yields their numbers."""
    for number in count(1):
        world.set_back()
        acknowledged = False
        with stroke.at(world.client, number) as calls, suppress(Ended, Unavailable):
            write.act(world.directory())
            acknowledged = True
        if not calls.came:
            return
        assert calls.number == number or not stroke.ends, "something went on"

        seen = world.seen()
        assert seen in (before.seen, after.seen)
        happened = seen == after.seen
        assert happened or not acknowledged
        world.sweep()
        assert world.stored() == (after if happened else before).stored

        # What has happened may be told so: the user is gone, the name is taken.
        with suppress(*((NotFoundException, UniquenessException) if happened else ())):
            write.act(world.directory())
        world.sweep()
        assert world.stored() == after.stored
        assert consistency.verified(world.services, TENANT) == []
        yield number
