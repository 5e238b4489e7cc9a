"""Memberships of one tenant: each is one item of the group and one item of the member.

When a membership ends, the group's item is deleted. The member's item stays for ENDED_DAYS, marked
`ended`, so that the table's stream says who ended it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Unpack

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.document_item import MemberAccess, is_tombstone, member_access, record_of
from rollcall.storage.keys import Key, Keys
from rollcall.storage.table import MAX_BATCH, Bounds, Table
from rollcall.storage.template_items import CurrentTemplates
from rollcall.storage.transactions import Action

EXISTENCE = ("pk", "sk", "deleted", "alias")
"""The attributes that tell whether an item exists, is a tombstone, or is an alias."""

ACCESS = ("created", "access")
"""The attributes that tell what memberships have given a user, and may still give."""

ENDED_DAYS = 2
"""How long the member's item of an ended membership stays: longer than a stream keeps records."""


@dataclass
class Candidates:
    """The state of the ids that a request names as members of a group.

    `current` are members now, `living` exist and are not members, both with their types by id.
    `deleted` are tombstones, `unknown` were never issued, `aliases` map merged ids to survivors.
    `templates` are the current templates; `users` is the access of the users, which is read only
    where few ids are named, or where a template is for the group.
    """

    current: dict[str, Kind]
    living: dict[str, Kind]
    deleted: set[str]
    unknown: list[str]
    templates: CurrentTemplates
    aliases: dict[str, str] = field(default_factory=dict)
    users: dict[str, MemberAccess] = field(default_factory=dict)

    def add(self, identifier: str, kind: Kind, item: Item | None, *, member: bool) -> None:
        """Add an id by its document item, None where it has none.

        A deleted resource is not a member, even while its membership is still stored.
        """
        if item is None:
            self.unknown.append(identifier)
        elif "alias" in item:
            self.aliases[identifier] = item["alias"]
        elif is_tombstone(item):
            self.deleted.add(identifier)
        else:
            (self.current if member else self.living)[identifier] = kind
            if kind is Kind.USER and "created" in item:
                self.users[identifier] = member_access(identifier, item)


class Memberships:
    """The memberships of one tenant; an actor causes their changes."""

    def __init__(self, table: Table, tenant: str, actor: Actor) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self.actor = actor

    def acting_for(self, actor: Actor) -> Memberships:
        """Return the same memberships, changed by another actor."""
        return Memberships(self._table, self._keys.tenant, actor)

    def groups_of(self, kind: Kind, member: str) -> Iterator[str]:
        """Yield the ids of the groups that a user or a group is a direct member of."""
        side = keys.GROUP if kind is Kind.USER else keys.PARENT
        for item in self._table.query(self._keys.partition(kind, member), side):
            if is_membership(item):
                yield keys.identifier(item["sk"])

    def iterate(self, group: str, **bounds: Unpack[Bounds]) -> Iterator[tuple[str, Kind]]:
        """Yield id and type of the stored members, in the order of their ids.

        Unfinished changes are not considered. `after` in the bounds is an id.
        """
        if bounds.get("after"):
            bounds["after"] = self._keys.member(group, bounds["after"])["sk"]
        partition = self._keys.partition(Kind.GROUP, group)
        for item in self._table.query(partition, keys.MEMBER, **bounds):
            yield item["member"], Kind(item["type"])

    def read_candidates(self, group: str, ids: Iterable[str]) -> tuple[Record | None, Candidates]:
        """Read a group together with the ids that a request names: one round trip for 49 users.

        Ids that are not users are looked up as groups in a second round trip.
        """
        ids = list(ids)
        group_key = self._keys.document(Kind.GROUP, group)
        members = {identifier: self._keys.member(group, identifier) for identifier in ids}
        users = {identifier: self._keys.document(Kind.USER, identifier) for identifier in ids}
        templates = self._keys.current_templates()
        first, rest = [group_key, templates], [*members.values(), *users.values()]
        if len(rest) + len(first) <= MAX_BATCH:
            items = self._table.get_many([*first, *rest])
        else:
            # The group first: the members are then never older than the changes that it names.
            items = self._table.get_many(first)
            brings = CurrentTemplates.of(_at(items, templates)).names(group)
            items |= self._table.get_many(rest, (*EXISTENCE, *(ACCESS if brings else ())))
        groups = {
            identifier: self._keys.document(Kind.GROUP, identifier)
            for identifier, key in users.items()
            if _at(items, key) is None
        }
        nested = self._table.get_many(groups.values(), EXISTENCE)
        candidates = Candidates({}, {}, set(), [], CurrentTemplates.of(_at(items, templates)))
        for identifier in ids:
            member = _at(items, members[identifier]) is not None
            if identifier in groups:
                candidates.add(
                    identifier, Kind.GROUP, _at(nested, groups[identifier]), member=member
                )
            else:
                candidates.add(identifier, Kind.USER, _at(items, users[identifier]), member=member)
        item = _at(items, group_key)
        return None if item is None else record_of(Kind.GROUP, item), candidates

    def read_states(self, pairs: Mapping[tuple[str, str], Kind]) -> MembershipStates:
        """Read which (group, member) pairs are memberships, and which of the resources exist.

        `pairs` maps them to the member's type. One round trip per 100 items, three for each pair.
        """
        members = {pair: self._keys.member(*pair) for pair in pairs}
        documents = {
            **{(Kind.GROUP, group): self._keys.document(Kind.GROUP, group) for group, _ in pairs},
            **{
                (kind, member): self._keys.document(kind, member)
                for (_, member), kind in pairs.items()
            },
        }
        ids = [*members.values(), *documents.values()]
        items = self._table.get_many(ids, (*EXISTENCE, *ACCESS))
        living = {
            resource
            for resource, key in documents.items()
            if (item := _at(items, key)) is not None and not is_tombstone(item)
        }
        current = {pair for pair, key in members.items() if _at(items, key) is not None}
        users = {
            identifier: member_access(identifier, item)
            for (kind, identifier), key in documents.items()
            if kind is Kind.USER and (item := _at(items, key)) is not None
        }
        return MembershipStates(current, living, users)

    def read_access(self, users: Iterable[str]) -> dict[str, MemberAccess]:
        """Read the access of some users; those that do not exist are left out."""
        documents = {each: self._keys.document(Kind.USER, each) for each in users}
        items = self._table.get_many(documents.values(), (*EXISTENCE, *ACCESS))
        return {
            identifier: member_access(identifier, item)
            for identifier, key in documents.items()
            if (item := _at(items, key)) is not None and not is_tombstone(item)
        }

    def additions(self, group: str, members: Mapping[str, Kind]) -> Iterator[Action]:
        """Yield the actions that add members; each fails when the membership exists."""
        for member, kind in members.items():
            yield Action(
                "Put",
                self._keys.member(group, member),
                item={"member": member, "type": kind.value},
                condition="attribute_not_exists(pk)",
            )
            yield Action(
                "Put",
                self._keys.membership(kind, member, group),
                item={"origin": self.actor.item},
            )

    def removals(self, group: str, members: Mapping[str, Kind], now: str) -> Iterator[Action]:
        """Yield the actions that end memberships; each fails when the membership does not exist."""
        for member, kind in members.items():
            yield Action(
                "Delete",
                self._keys.member(group, member),
                condition="attribute_exists(pk)",
            )
            yield self.ending(group, member, kind, now)

    def ending(self, group: str, member: str, kind: Kind, now: str) -> Action:
        """Return the action that marks the member's item of a membership as ended."""
        expires = datetime.fromisoformat(now) + timedelta(days=ENDED_DAYS)
        return Action(
            "Put",
            self._keys.membership(kind, member, group),
            item={
                "ended": now,
                "expires": int(expires.timestamp()),
                "origin": self.actor.item,
            },
        )

    def check(self, group: str, user: str, *, is_member: bool) -> Action:
        """Return the check that a user is a member of a group, or is none."""
        exists = "attribute_exists" if is_member else "attribute_not_exists"
        return Action("ConditionCheck", self._keys.member(group, user), condition=f"{exists}(pk)")

    def version_updates(
        self, resources: Mapping[str, Kind], now: str, left: str = ""
    ) -> Iterator[Action]:
        """Yield the actions that raise the versions of resources whose memberships change.

        A membership is part of both representations. Each fails when the resource does not exist.
        With a group that they `left`, those of users fail as well when their membership of it has
        given them something by now, which has to end with it.
        """
        for identifier, kind in resources.items():
            condition, names = "attribute_exists(document)", {}
            if left and kind is Kind.USER:
                condition += " AND attribute_not_exists(access.following.#left)"
                names = {"#left": left}
            yield Action(
                "Update",
                self._keys.document(kind, identifier),
                update="SET modified = :now, feed = :feed, origin = :origin ADD version :one",
                condition=condition,
                values={
                    ":now": now,
                    ":feed": self._keys.change_partition_of(kind, identifier),
                    ":one": 1,
                    ":origin": self.actor.item,
                },
                names=names,
            )


@dataclass(frozen=True)
class MembershipStates:
    """Which (group, member) pairs are stored as memberships, and which resources exist.

    `users` is the access of the users, deleted ones included.
    """

    current: set[tuple[str, str]]
    living: set[tuple[Kind, str]]
    users: dict[str, MemberAccess]


def is_membership(item: Item) -> bool:
    """Tell whether a member's item is a membership that has not ended."""
    return "ended" not in item


def _at(items: Mapping[tuple[str, str], Item], key: Key) -> Item | None:
    return items.get(_primary_key(key))


def _primary_key(key: Key) -> tuple[str, str]:
    return key["pk"], key["sk"]
