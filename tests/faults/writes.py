"""Every kind of write, in a world where it changes something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rollcall.directory import template_walk
from rollcall.directory.directory import Directory
from rollcall.templates.template import MEMBERSHIP, Selector, Template
from tests.directory.people import ENTERPRISE, adding, patch, removing, setting

PEOPLE = [f"u{number}" for number in range(8)]
FEW, MANY = PEOPLE[:3], PEOPLE[:6]
SMALL = 12
"""The actions of a transaction that holds the changes of three members."""


@dataclass(frozen=True)
class Write:
    """A request, whom it finds in the group `staff`, and how much a transaction holds.

    `user` u0 is in `groups` groups besides. `templates` were set before anybody came.
    """

    name: str
    act: Callable[[Directory], object]
    members: tuple[str, ...] = ()
    groups: int = 0
    max_actions: int = 100
    templates: tuple[Template, ...] = ()

    def arrange(self, directory: Directory) -> None:
        """Make the world that the write finds; ids are names."""
        for each in PEOPLE:
            email = {"value": f"{each}@example.com", "type": "work"}
            directory.users.create({"userName": each, "emails": [email]}, each)
        directory.groups.create({"displayName": "inner"}, "inner")
        directory.groups.create(grouped("staff", *self.members), "staff")
        directory.groups.create(grouped("all", "staff"), "all")
        for number in range(self.groups):
            directory.groups.create(grouped(f"g{number}", "u0"), f"g{number}")

    def __str__(self) -> str:
        return self.name


def grouped(name: str, *members: str) -> dict[str, Any]:
    """Return a group as it is sent."""
    return {"displayName": name, "members": [{"value": each} for each in members]}


def _user(what: Any) -> Callable[[Directory], object]:
    return lambda directory: directory.users.patch("u0", patch(*what))


def _staff(what: dict[str, Any]) -> Callable[[Directory], object]:
    return lambda directory: directory.groups.patch("staff", what)


ANN = {
    "userName": "ann",
    "externalId": "E1",
    "active": False,
    "emails": [{"value": "ann@example.com"}, {"value": "a@example.com"}],
    ENTERPRISE: {"employeeNumber": "7"},
}
CLEARED = {"Operations": [{"op": "remove", "path": "members"}]}
MIXED = patch(
    ("replace", "displayName", "crew"),
    ("remove", "members", [{"value": "u0"}, {"value": "u1"}]),
    ("add", "members", [{"value": "u6"}, {"value": "inner"}]),
    ("remove", 'members[value eq "u2"]', None),
)

SINGLE = (
    Write("POST a user", lambda to: to.users.create(ANN)),
    Write("PUT a user", lambda to: to.users.replace("u0", ANN), groups=2),
    Write("PATCH a user", _user([("replace", "title", "Chief")])),
    Write("rename a user", _user([("replace", "userName", "ann")]), groups=1),
    Write("disable a user", _user([("replace", "active", "False")])),
    Write("DELETE a user", lambda to: to.users.delete("u0"), groups=2),
    Write("POST a group", lambda to: to.groups.create(grouped("crew"))),
    Write("POST a group with members", lambda to: to.groups.create(grouped("crew", *FEW))),
    Write("PUT a group", lambda to: to.groups.replace("staff", {"displayName": "crew"}), (*FEW,)),
    Write("PUT members", lambda to: to.groups.replace("staff", grouped("staff", "u7")), (*FEW,)),
    Write("rename a group", _staff(patch(("replace", "displayName", "crew"))), (*FEW,)),
    Write("add a member", _staff(adding("u7")), (*FEW,)),
    Write("add members", _staff(adding("u7", "u0", "inner")), (*FEW,)),
    Write("remove members", _staff(removing("u0", "u1")), (*FEW,)),
    Write(
        "remove a member by filter",
        _staff(patch(("remove", 'members[value eq "u0"]', None))),
        (*FEW,),
    ),
    Write("set members", _staff(setting("u2", "u7")), (*FEW,)),
    Write("clear members", _staff(CLEARED), (*FEW, "inner")),
    Write("a mixed PATCH", _staff(MIXED), (*FEW,)),
    Write("DELETE a group", lambda to: to.groups.delete("staff"), (*FEW, "inner")),
)
"""What one transaction holds."""

EVERYBODY = Template("everybody", areas={"induction": "read"}, role="regular")
STAFF = Template("staff", Selector("displayName", "staff"), {"induction": "edit", "code": "read"})
CREW = Template("crew", Selector("displayName", "crew"), {"crew": "edit"})
TEMPLATES = (EVERYBODY, STAFF, CREW)
FOLLOWING = (
    EVERYBODY,
    STAFF,
    Template("crewed", Selector("displayName", "crew"), {"erp": "read"}, lasts=MEMBERSHIP),
    Template(
        "kept",
        Selector("displayName", "staff"),
        {"crm": "edit"},
        "occasional",
        lasts=MEMBERSHIP,
    ),
)
"""Two of them give as long as a membership holds."""

TEMPLATED = (
    Write("POST a user, who gets", lambda to: to.users.create(ANN), templates=TEMPLATES),
    Write(
        "DELETE a user, who got", lambda to: to.users.delete("u0"), groups=2, templates=TEMPLATES
    ),
    Write("add members, who get", _staff(adding("u6", "u7")), (*FEW,), templates=TEMPLATES),
    Write(
        "POST a group that brings",
        lambda to: to.groups.create(grouped("crew", *FEW)),
        templates=TEMPLATES,
    ),
    Write(
        "a rename to what is waited for",
        _staff(patch(("replace", "displayName", "crew"), ("add", "members", [{"value": "u7"}]))),
        (*FEW,),
        templates=TEMPLATES,
    ),
    Write(
        "DELETE a group that brought",
        lambda to: to.groups.delete("staff"),
        (*FEW,),
        templates=TEMPLATES,
    ),
    Write(
        "add members, who get, several transactions",
        _staff(adding(*PEOPLE[4:])),
        max_actions=SMALL,
        templates=TEMPLATES,
    ),
    Write(
        "POST a group that brings, several transactions",
        lambda to: to.groups.create(grouped("crew", *PEOPLE[4:])),
        max_actions=SMALL,
        templates=TEMPLATES,
    ),
)
"""What brings users something by New User Templates."""


OFF = [("replace", "active", False)]
SOFTLY = [*OFF, ("replace", "userName", f"{'0' * 32}u0")]


@dataclass(frozen=True)
class _Renewed(Write):
    """A write in a world whose template for members of `staff` has just got a new version."""

    def arrange(self, directory: Directory) -> None:
        """Make the world that the write finds."""
        super().arrange(directory)
        context = directory.context
        current, now = context.templates.read(), context.now()
        contents = [
            {**each, "version": 2, "areas": {"crm": "read"}} if each["name"] == "kept" else each
            for each in current.contents
        ]
        walk = context.template_walks.start("kept", "staff", now, context.actor)
        versions = {**current.versions, "kept": 2}
        context.templates.change(current, contents, versions, now, "ann", others=[walk])


FOLLOWED = (
    Write("add members, who follow", _staff(adding("u6", "u7")), (*FEW,), templates=FOLLOWING),
    Write("remove members, who followed", _staff(removing(*FEW)), (*FEW,), templates=FOLLOWING),
    Write("set members, who follow", _staff(setting("u2", "u7")), (*FEW,), templates=FOLLOWING),
    Write(
        "DELETE a user, who followed",
        lambda to: to.users.delete("u0"),
        (*FEW,),
        groups=2,
        templates=FOLLOWING,
    ),
    Write(
        "DELETE a group, which was followed",
        lambda to: to.groups.delete("staff"),
        (*MANY,),
        max_actions=SMALL + 4,
        templates=FOLLOWING,
    ),
    Write(
        "set members, who follow, several transactions",
        _staff(setting(*PEOPLE[3:])),
        tuple(MANY),
        max_actions=SMALL + 4,
        templates=FOLLOWING,
    ),
    Write(
        "POST a group, whose members follow",
        lambda to: to.groups.create(grouped("crew", *FEW)),
        templates=FOLLOWING,
    ),
    Write(
        "PUT members, who follow",
        lambda to: to.groups.replace("staff", grouped("staff", "u2", "u7")),
        (*FEW,),
        templates=FOLLOWING,
    ),
    Write("disable a user, who follows", _user(OFF), (*FEW,), templates=FOLLOWING),
    Write("delete a user softly, who follows", _user(SOFTLY), (*FEW,), templates=FOLLOWING),
    _Renewed(
        "a walk to a new version",
        lambda to: template_walk.finish(to.context, "kept", "staff"),
        (*FEW, "inner"),
        templates=FOLLOWING,
    ),
)
"""What brings users something as long as they are members."""

SEVERAL = tuple(
    Write(f"{name}, several transactions", act, members, groups, SMALL)
    for name, act, members, groups in (
        ("DELETE a user", lambda to: to.users.delete("u0"), (), 5),
        ("POST a group with members", lambda to: to.groups.create(grouped("crew", *MANY)), (), 0),
        (
            "PUT a group",
            lambda to: to.groups.replace("staff", grouped("crew", "u5", "u6", "u7")),
            tuple(MANY),
            0,
        ),
        ("add members", _staff(adding(*PEOPLE, "inner")), ("u0", "u1"), 0),
        ("remove members", _staff(removing(*MANY)), (*MANY, "u7"), 0),
        ("set members", _staff(setting("u5", "u6", "u7")), (*MANY,), 0),
        ("clear members", _staff(CLEARED), (*MANY, "inner"), 0),
        ("a mixed PATCH", _staff(MIXED), (*MANY,), 0),
        ("DELETE a group", lambda to: to.groups.delete("staff"), (*MANY, "inner"), 0),
    )
)
"""What takes several."""

CROWD = [f"m{number:03}" for number in range(500)]


@dataclass(frozen=True)
class _Crowded(Write):
    """A write in a world with a crowd, half of which is in the group `crowd`."""

    def arrange(self, directory: Directory) -> None:
        """Make the world that the write finds."""
        super().arrange(directory)
        for each in CROWD:
            directory.users.create({"userName": each}, each)
        directory.groups.create(grouped("crowd", *CROWD[::2]), "crowd")


LARGE = _Crowded(
    "the other 250 of 500 for 250 members",
    lambda to: to.groups.replace("crowd", grouped("crowd", *CROWD[1::2])),
    max_actions=50,
)
"""What takes many transactions: all 500 change."""
