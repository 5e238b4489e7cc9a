"""Memberships of one tenant: one item on the group's side, one on the member's.

The group's side of a membership that ends is deleted; the member's side stays for a while, marked
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
from rollcall.storage.document_item import NewUser, is_tombstone, new_user, record_of
from rollcall.storage.keys import Key, Keys
from rollcall.storage.table import MAX_BATCH, Bounds, Table
from rollcall.storage.template_items import CurrentTemplates
from rollcall.storage.transactions import Action

GONE = "gone"
RACED = "raced"
"""Labels of the conditions: a resource does not exist any more; a membership is not as it was."""

EXISTENCE = ("pk", "sk", "deleted", "alias")
"""The attributes that say whether an item is there, and what a document is if not alive."""

NEWNESS = ("created", "access")
"""The attributes that say whether a membership may bring a user something."""

ENDED_DAYS = 2
"""How long the member's side of an ended membership stays: longer than a stream keeps records."""


@dataclass
class Candidates:
    """What is known of ids that a request names as members of a group.

    `current` are members now; `living` exist and are none; `deleted` are remembered; `unknown`
    were never issued; `aliases` mean other users. Types are by id. `newcomers` are those of the
    living who may get something by becoming members, `edition` is what templates give; both only
    where few are named.
    """

    current: dict[str, Kind]
    living: dict[str, Kind]
    deleted: set[str]
    unknown: list[str]
    templates: CurrentTemplates
    aliases: dict[str, str] = field(default_factory=dict)
    new_users: dict[str, NewUser] = field(default_factory=dict)

    def add(self, identifier: str, kind: Kind, item: Item | None, *, member: bool) -> None:
        """Note what a document item, or the lack of one, says of an id.

        Who is deleted and still stands as a member is about to be taken out, and no member.
        """
        if item is None:
            self.unknown.append(identifier)
        elif "alias" in item:
            self.aliases[identifier] = item["alias"]
        elif is_tombstone(item):
            self.deleted.add(identifier)
        else:
            (self.current if member else self.living)[identifier] = kind
            self.new_users |= new_user(identifier, item)


class Memberships:
    """Who is a member of what, in one tenant; changes are made on behalf of an origin."""

    def __init__(self, table: Table, tenant: str, origin: Actor) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self.actor = origin

    def acting_for(self, origin: Actor) -> Memberships:
        """Return the same memberships, changed on behalf of another origin."""
        return Memberships(self._table, self._keys.tenant, origin)

    def groups_of(self, kind: Kind, member: str) -> Iterator[str]:
        """Yield the ids of the groups that a user or a group is a direct member of."""
        side = keys.GROUP if kind is Kind.USER else keys.PARENT
        for item in self._table.query(self._keys.partition(kind, member), side):
            if is_membership(item):
                yield keys.identifier(item["sk"])

    def iterate(self, group: str, **bounds: Unpack[Bounds]) -> Iterator[tuple[str, Kind]]:
        """Yield id and type of the members that are stored, whatever is begun and not applied.

        In the order of their ids; `after` in the bounds is such an id.
        """
        if bounds.get("after"):
            bounds["after"] = self._keys.member(group, bounds["after"])["sk"]
        partition = self._keys.partition(Kind.GROUP, group)
        for item in self._table.query(partition, keys.MEMBER, **bounds):
            yield item["member"], Kind(item["type"])

    def read_candidates(self, group: str, named: Iterable[str]) -> tuple[Record | None, Candidates]:
        """Read a group together with the ids that a request names; one round trip for 49 users.

        Ids that are no users are looked up among the groups in a second step.
        """
        named = list(named)
        own = self._keys.document(Kind.GROUP, group)
        members = {each: self._keys.member(group, each) for each in named}
        users = {each: self._keys.document(Kind.USER, each) for each in named}
        templates = self._keys.current_templates()
        beside, several = [own, templates], [*members.values(), *users.values()]
        if len(several) + len(beside) <= MAX_BATCH:
            items = self._table.get_many([*beside, *several])
        else:
            # The group first: what is read of members is not older than what it says of changes.
            items = self._table.get_many(beside) | self._table.get_many(several, EXISTENCE)
        groups = {
            each: self._keys.document(Kind.GROUP, each)
            for each, key in users.items()
            if _at(items, key) is None
        }
        nested = self._table.get_many(groups.values(), EXISTENCE)
        known = Candidates({}, {}, set(), [], CurrentTemplates.of(_at(items, templates)))
        for each in named:
            member = _at(items, members[each]) is not None
            if each in groups:
                known.add(each, Kind.GROUP, _at(nested, groups[each]), member=member)
            else:
                known.add(each, Kind.USER, _at(items, users[each]), member=member)
        item = _at(items, own)
        return None if item is None else record_of(Kind.GROUP, item), known

    def read_states(self, pairs: Mapping[tuple[str, str], Kind]) -> MembershipStates:
        """Read who of (group, member) pairs is a member, and which of both live.

        The type is the member's. One round trip per 100 items, three of which are a pair.
        """
        members = {pair: self._keys.member(*pair) for pair in pairs}
        documents = {
            **{(Kind.GROUP, group): self._keys.document(Kind.GROUP, group) for group, _ in pairs},
            **{
                (kind, member): self._keys.document(kind, member)
                for (_, member), kind in pairs.items()
            },
        }
        named = [*members.values(), *documents.values()]
        items = self._table.get_many(named, (*EXISTENCE, *NEWNESS))
        living = {
            resource
            for resource, key in documents.items()
            if (item := _at(items, key)) is not None and not is_tombstone(item)
        }
        current = {pair for pair, key in members.items() if _at(items, key) is not None}
        newcomers: dict[str, NewUser] = {}
        for kind, identifier in living:
            newcomers |= new_user(identifier, items[_place(documents[kind, identifier])])
        return MembershipStates(current, living, newcomers)

    def additions(self, group: str, members: Mapping[str, Kind]) -> Iterator[Action]:
        """Yield the actions that make members; RACED says that somebody else just did."""
        for member, kind in members.items():
            yield Action(
                "Put",
                self._keys.member(group, member),
                item={"member": member, "type": kind.value},
                condition="attribute_not_exists(pk)",
                label=RACED,
            )
            yield Action(
                "Put",
                self._keys.membership(kind, member, group),
                item={"origin": self.actor.item},
            )

    def removals(self, group: str, members: Mapping[str, Kind], now: str) -> Iterator[Action]:
        """Yield the actions that end memberships; RACED says that somebody else just did."""
        for member, kind in members.items():
            yield Action(
                "Delete",
                self._keys.member(group, member),
                condition="attribute_exists(pk)",
                label=RACED,
            )
            yield self.ending(group, member, kind, now)

    def ending(self, group: str, member: str, kind: Kind, now: str) -> Action:
        """Return the action that marks the member's side of a membership as ended."""
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

    def version_updates(self, resources: Mapping[str, Kind], now: str) -> Iterator[Action]:
        """Yield the actions that raise the versions of those who are or were members.

        A membership is part of both representations. GONE says that one does not exist any more.
        """
        for identifier, kind in resources.items():
            yield Action(
                "Update",
                self._keys.document(kind, identifier),
                update="SET modified = :now, origin = :origin ADD version :one",
                condition="attribute_exists(document)",
                values={":now": now, ":one": 1, ":origin": self.actor.item},
                label=GONE,
            )


@dataclass(frozen=True)
class MembershipStates:
    """Which (group, member) pairs are stored as memberships, and which resources live.

    `newcomers` are the living who may get something by becoming members.
    """

    current: set[tuple[str, str]]
    living: set[tuple[Kind, str]]
    new_users: dict[str, NewUser]


def is_membership(item: Item) -> bool:
    """Tell whether an item of the member's side is a membership that has not ended."""
    return "ended" not in item


def _at(items: Mapping[tuple[str, str], Item], key: Key) -> Item | None:
    return items.get(_place(key))


def _place(key: Key) -> tuple[str, str]:
    return key["pk"], key["sk"]
