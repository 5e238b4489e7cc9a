"""Who is stopped in the middle of a change, and what others do until it goes on.

The group `staff` has the members u0 to u3. The change takes u0 to u2 out and brings u4 to u6 in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.directory.people import adding, patch, removing, setting
from tests.faults.strokes import ended_when_true
from tests.faults.world import World

BEFORE = ("u0", "u1", "u2", "u3")


def _values(*members: str) -> list[dict[str, str]]:
    return [{"value": each} for each in members]


CHANGE = patch(
    ("remove", "members", _values("u0", "u1", "u2")),
    ("add", "members", _values("u4", "u5", "u6")),
)
BACK = patch(
    ("remove", "members", _values("u4", "u5", "u6")),
    ("add", "members", _values("u0", "u1", "u2")),
)
"""The other way round."""


@dataclass(frozen=True)
class Act:
    """What somebody does; `brief` is what takes a few calls only."""

    name: str
    act: Callable[[World], object]
    brief: bool = False

    def __str__(self) -> str:
        return self.name


def staff(what: dict[str, object]) -> Callable[[World], object]:
    """Return the PATCH of the group."""
    return lambda world: world.directory().groups.patch("staff", what)


def begin(world: World, what: dict[str, object] = CHANGE) -> None:
    """Make a change of the members true and apply nothing of it: its writer ends by that."""
    with ended_when_true(world.client):
        staff(what)(world)


def _in_turn(*acts: dict[str, object]) -> Callable[[World], object]:
    return lambda world: [staff(each)(world) for each in acts]


WRITERS = (
    Act("who makes the change", staff(CHANGE)),
    Act("who sets the members", staff(setting("u3", "u4", "u5", "u6"))),
    Act("who adds one", staff(adding("u7")), brief=True),
    Act("who removes one", staff(removing("u3")), brief=True),
    Act("who changes the group alone", staff(patch(("replace", "externalId", "E1"))), brief=True),
    Act("who deletes the group", lambda world: world.directory().groups.delete("staff")),
    Act("who deletes a user", lambda world: world.directory().users.delete("u4"), brief=True),
)
"""Stopped while nothing is begun."""

HELPERS = (
    Act("the sweep", lambda world: world.sweep()),
    Act("who adds one", staff(adding("u7"))),
    Act("who adds several", staff(adding("u0", "u1", "u2", "u7", "inner"))),
    Act("who sets the members", staff(setting("u0", "u6", "u7", "inner"))),
    Act("who deletes the group", lambda world: world.directory().groups.delete("staff")),
    Act("who deletes a user", lambda world: world.directory().users.delete("u4"), brief=True),
)
"""Stopped while the change is true and nothing of it is applied."""

_ADD_ONE = Act("add one", staff(adding("u7")))
_DELETE_A_USER = Act("delete a user", lambda world: world.directory().users.delete("u5"))
_DELETE_THE_GROUP = Act("delete the group", lambda world: world.directory().groups.delete("staff"))

BESIDE_WRITERS = (
    Act("make the change", staff(CHANGE)),
    Act("make and undo it", _in_turn(CHANGE, BACK)),
    Act("make it and end in the middle", begin),
    _ADD_ONE,
    _DELETE_A_USER,
    # In a short run, too, before the call that makes a change true: each acts at its own.
    Act("sweep an hour later", lambda world: world.sweep()),
    _DELETE_THE_GROUP,
)
BESIDE_HELPERS = (
    Act("undo the change", staff(BACK)),
    Act("undo and make it again", _in_turn(BACK, CHANGE)),
    Act("undo it and end in the middle", lambda world: begin(world, BACK)),
    _ADD_ONE,
    _DELETE_A_USER,
    _DELETE_THE_GROUP,
)
"""What others do until whoever was stopped goes on."""


def _user(*operations: tuple[str, str | None, object]) -> Callable[[World], object]:
    return lambda world: world.directory().users.patch("u7", patch(*operations))


WRITERS_OF_USERS = (
    Act("who changes an attribute", _user(("replace", "title", "Chief")), brief=True),
    Act("who renames", _user(("replace", "userName", "ann")), brief=True),
    Act(
        "who replaces",
        lambda world: world.directory().users.replace("u7", {"userName": "ann", "externalId": "E"}),
        brief=True,
    ),
    Act("who deletes", lambda world: world.directory().users.delete("u7"), brief=True),
    Act(
        "who creates", lambda world: world.directory().users.create({"userName": "ann"}), brief=True
    ),
)
BESIDE_WRITERS_OF_USERS = (
    Act("change another attribute", _user(("replace", "nickName", "Al"))),
    Act("change the same attribute", _user(("replace", "title", "Boss"))),
    Act("rename", _user(("replace", "userName", "Ann"))),
    Act("create", lambda world: world.directory().users.create({"userName": "ANN"})),
    Act("delete", lambda world: world.directory().users.delete("u7")),
    _ADD_ONE,
)
"""About u7, who is in no group, and the name ann, which nobody has."""
