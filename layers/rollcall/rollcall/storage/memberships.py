"""Memberships of one tenant: one item on the group's side, one on the member's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Unpack

from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Key, Keys
from rollcall.storage.resources import is_tombstone, record_of
from rollcall.storage.table import Action, Bounds, Item, Table

GONE = "gone"
RACED = "raced"
"""Labels of the conditions: a resource does not exist any more; a membership is not as it was."""


@dataclass
class Candidates:
    """What is known of ids that a request names as members of a group.

    `current` are members now; `living` exist and are none; `deleted` are remembered; `unknown`
    were never issued. Types are by id.
    """

    current: dict[str, Kind]
    living: dict[str, Kind]
    deleted: set[str]
    unknown: list[str]

    def note(self, identifier: str, kind: Kind, item: Item | None) -> None:
        """Note what a document item, or the lack of one, says of an id."""
        if item is None:
            self.unknown.append(identifier)
        elif is_tombstone(item):
            self.deleted.add(identifier)
        else:
            self.living[identifier] = kind


class Memberships:
    """Who is a member of what, in one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def members(self, group: str, **bounds: Unpack[Bounds]) -> Iterator[tuple[str, Kind]]:
        """Yield id and type of the members of a group, in the order of their ids.

        `after` in the bounds is such an id.
        """
        if bounds.get("after"):
            bounds["after"] = self._keys.member(group, bounds["after"])["sk"]
        partition = self._keys.partition(Kind.GROUP, group)
        for item in self._table.query(partition, keys.MEMBER, **bounds):
            yield item["member"], Kind(item["type"])

    def groups_of(self, kind: Kind, member: str) -> Iterator[str]:
        """Yield the ids of the groups that a user or a group is a direct member of."""
        side = keys.GROUP if kind is Kind.USER else keys.PARENT
        for item in self._table.query(self._keys.partition(kind, member), side):
            yield keys.identifier(item["sk"])

    def members_among(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Kind]:
        """Return which of the (group, member) pairs are memberships, with the member's type."""
        wanted = {pair: self._keys.member(*pair) for pair in pairs}
        found = self._table.get_many(wanted.values())
        return {
            pair: Kind(item["type"])
            for pair, key in wanted.items()
            if (item := _at(found, key)) is not None
        }

    def look(self, group: str, named: Iterable[str]) -> tuple[Record | None, Candidates]:
        """Read a group together with the ids that a request names; one round trip per 49 users.

        Ids that are no users are looked up among the groups in a second step.
        """
        named = list(named)
        own = self._keys.document(Kind.GROUP, group)
        members = {each: self._keys.member(group, each) for each in named}
        users = {each: self._keys.document(Kind.USER, each) for each in named}
        items = self._table.get_many([own, *members.values(), *users.values()])
        known = Candidates({}, {}, set(), [])
        rest = []
        for each in named:
            membership, user = _at(items, members[each]), _at(items, users[each])
            if membership is not None:
                known.current[each] = Kind(membership["type"])
            elif user is None:
                rest.append(each)
            else:
                known.note(each, Kind.USER, user)
        groups = {each: self._keys.document(Kind.GROUP, each) for each in rest}
        nested = self._table.get_many(groups.values())
        for each, key in groups.items():
            known.note(each, Kind.GROUP, _at(nested, key))
        item = _at(items, own)
        return None if item is None else record_of(Kind.GROUP, item), known

    def addition(self, group: str, members: Mapping[str, Kind]) -> Iterator[Action]:
        """Yield the actions that make members; RACED says that somebody else just did."""
        for member, kind in members.items():
            yield Action(
                "Put",
                self._keys.member(group, member),
                item={"member": member, "type": kind.value},
                condition="attribute_not_exists(pk)",
                label=RACED,
            )
            yield Action("Put", self._keys.membership(kind, member, group))

    def removal(self, group: str, members: Mapping[str, Kind]) -> Iterator[Action]:
        """Yield the actions that end memberships; RACED says that somebody else just did."""
        for member, kind in members.items():
            yield Action(
                "Delete",
                self._keys.member(group, member),
                condition="attribute_exists(pk)",
                label=RACED,
            )
            yield Action("Delete", self._keys.membership(kind, member, group))

    def touches(self, resources: Mapping[str, Kind], now: str) -> Iterator[Action]:
        """Yield the actions that raise the versions of what a change of membership concerns.

        A membership is part of both representations. GONE says that one does not exist any more.
        """
        for identifier, kind in resources.items():
            yield Action(
                "Update",
                self._keys.document(kind, identifier),
                update="SET modified = :now ADD version :one",
                condition="attribute_exists(document)",
                values={":now": now, ":one": 1},
                label=GONE,
            )


def _at(items: Mapping[tuple[str, str], Item], key: Key) -> Item | None:
    return items.get((key["pk"], key["sk"]))
