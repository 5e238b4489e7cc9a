"""Changes of a group's members that are larger than a transaction, and deletions likewise.

A change is written down under the group as journal items, becomes true when the group's document
names it in `pending`, and is then applied piece by piece; a deletion is true with the tombstone,
and an item says whose memberships are still to be ended. The head of either stands in one index
partition of the whole table, so that what nobody meets is found and finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import uuid4

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import Actor
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed

PART_MEMBERS = 2_000
"""How many members one part names: 100 of the 400 kB that an item may have, a second's work."""

WRITTEN = "written"
"""The label of the condition that a change that is to become true is still written down."""

_TRUE = "true"


@dataclass(frozen=True)
class MemberChanges:
    """Who becomes and who ceases to be a member; ids by type, no id in both."""

    added: Mapping[str, Kind]
    removed: Mapping[str, Kind]


@dataclass(frozen=True)
class UnfinishedChange:
    """What is begun and not known to be finished.

    A change of the group `id`, or, where `change` is empty, the leaving of the deleted `id`.
    """

    tenant: str
    id: str
    change: str
    since: str


@dataclass(frozen=True)
class DeletedResource:
    """A deleted resource whose memberships are still to be ended, or to be the heir's."""

    kind: Kind
    actor: Actor
    survivor: str = ""


class LargeChangeItems:
    """What one tenant has begun."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def write(self, group: str, changes: MemberChanges, origin: Actor, now: str) -> str:
        """Write a change down and return its name. Nothing is changed by that.

        The head is first, so that the sweep finds what a writer that stops halfway leaves.
        """
        change = uuid4().hex
        every = [*_entries("+", changes.added), *_entries("-", changes.removed)]
        parts = [every[at : at + PART_MEMBERS] for at in range(0, len(every), PART_MEMBERS)]
        head = {"origin": origin.item, "gsi_pk": keys.UNFINISHED, "gsi_sk": f"{now}#{change}"}
        self._table.put(self._keys.member_change(group, change, 0), head)
        for number, part in enumerate(parts, 1):
            entries = json.dumps(part, separators=(",", ":"))
            self._table.put(self._keys.member_change(group, change, number), {"entries": entries})
        return change

    def check(self, group: str, change: str) -> Action:
        """Return the check that a change is written down; WRITTEN says that it was discarded."""
        return Action(
            "ConditionCheck",
            self._keys.member_change(group, change, 0),
            condition="attribute_exists(pk) AND attribute_not_exists(discarded)",
            label=WRITTEN,
        )

    def read(self, group: str, change: str) -> MemberChanges:
        """Return what of a change is not known to be applied; nothing when it is finished."""
        return changes_in(self._items(group, change))

    def parts(self, group: str, change: str) -> Iterator[tuple[int, MemberChanges]]:
        """Yield the parts of a change that are not known to be applied, by their numbers."""
        for item in self._items(group, change):
            if "entries" in item:
                yield int(keys.identifier(item["sk"])), changes_in([item])

    def delete_part(self, group: str, change: str, number: int) -> None:
        """Note that a part of a change is applied, so that nobody goes through it again."""
        self._table.delete([self._keys.member_change(group, change, number)])

    def read_actor(self, group: str, change: str) -> Actor:
        """Return who caused a change."""
        item = self._table.get(self._keys.member_change(group, change, 0)) or {}
        return Actor(**item.get("origin", {}))

    def reserve(self, group: str, origin: Actor, now: str) -> str:
        """Make a change of nobody true, which keeps others from changing members; return its name.

        Raises ConditionFailed when a change of the group is unfinished, or there is no such group.
        """
        name = self.write(group, MemberChanges({}, {}), origin, now)
        reserving = Action(
            "Update",
            self._keys.document(Kind.GROUP, group),
            update="SET pending = :name",
            condition="attribute_not_exists(pending) AND attribute_exists(document)",
            values={":name": name},
        )
        try:
            self._table.transact([reserving])
        except ConditionFailed:
            self.delete_reservation(group, name)
            raise
        return name

    def delete_reservation(self, group: str, name: str) -> None:
        """Delete a change of nobody that is not true, or no longer."""
        self._table.delete([self._keys.member_change(group, name, 0)])

    def discard(self, group: str, change: str) -> bool:
        """Delete a change that is finished or never became true; may be repeated at any point.

        Tells whether it is gone; a change that is true and not finished stays. The head is marked
        first, so that no writer makes the change true while its parts go.
        """
        head = self._keys.member_change(group, change, 0)
        marking = [
            Action(
                "ConditionCheck",
                self._keys.document(Kind.GROUP, group),
                condition="attribute_not_exists(pending) OR pending <> :change",
                values={":change": change},
                label=_TRUE,
            ),
            Action(
                "Update",
                head,
                update="SET discarded = :true",
                condition="attribute_exists(pk)",
                values={":true": True},
            ),
        ]
        try:
            self._table.transact(marking)
        except ConditionFailed as error:
            if _TRUE in error.labels:
                return False
        # Parts without a head are those of a writer that woke up after the head was discarded.
        items = [{"pk": each["pk"], "sk": each["sk"]} for each in self._items(group, change)]
        self._table.delete(each for each in items if each != head)
        self._table.delete(each for each in items if each == head)
        return True

    def start_of_deletion(
        self, kind: Kind, identifier: str, origin: Actor, now: str, heir: str = ""
    ) -> Action:
        """Return the action that notes that a deleted resource's memberships are to be ended.

        With an heir they are to be the heir's.
        """
        return Action(
            "Put",
            self._keys.unfinished_deletion(identifier),
            item={
                "kind": kind.value,
                "origin": origin.item,
                **({"heir": heir} if heir else {}),
                "gsi_pk": keys.UNFINISHED,
                "gsi_sk": f"{now}#{identifier}",
            },
        )

    def read_deleted(self, identifier: str) -> DeletedResource | None:
        """Return what is known of a resource that is leaving, None when it is not."""
        item = self._table.get(self._keys.unfinished_deletion(identifier))
        if item is None:
            return None
        return DeletedResource(Kind(item["kind"]), Actor(**item["origin"]), item.get("heir", ""))

    def unfinished_deletions(self) -> Iterator[str]:
        """Yield the ids of the deleted whose memberships are still to be ended."""
        for item in self._table.query(self._keys.unfinished_deletions()):
            yield item["sk"]

    def finish_deletion(self, identifier: str) -> None:
        """Note that the memberships of a deleted resource are ended."""
        self._table.delete([self._keys.unfinished_deletion(identifier)])

    def _items(self, group: str, change: str) -> Iterator[Item]:
        partition = self._keys.partition(Kind.GROUP, group)
        return self._table.query(partition, keys.change_prefix(change))


def changes_in(items: Iterable[Item]) -> MemberChanges:
    """Return what the journal items of one change say."""
    added: dict[str, Kind] = {}
    removed: dict[str, Kind] = {}
    for item in items:
        for sign, kind, identifier in json.loads(item.get("entries", "[]")):
            (added if sign == "+" else removed)[identifier] = Kind(kind)
    return MemberChanges(added, removed)


def unfinished_changes(table: Table, until: str) -> Iterator[UnfinishedChange]:
    """Yield what was begun in any tenant until an instant, oldest first."""
    for item in table.query_index(keys.UNFINISHED):
        since = item["gsi_sk"].partition("#")[0]
        if since > until:
            return
        tenant, _, rest = item["pk"].partition("#")
        if rest == keys.UNFINISHED_DELETION:
            yield UnfinishedChange(tenant, item["sk"], "", since)
        else:
            yield UnfinishedChange(
                tenant, keys.identifier(item["pk"]), item["sk"].split("#")[1], since
            )


def _entries(sign: str, members: Mapping[str, Kind]) -> Iterator[tuple[str, str, str]]:
    for identifier, kind in members.items():
        yield sign, kind.value, identifier
