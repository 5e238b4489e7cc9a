"""Changes of a group's members and deletions that are larger than one transaction.

A change is stored under its group in parts. It takes effect when the group's document names it in
`pending`, and is then applied part by part. A deletion takes effect with its tombstone; an item
says that memberships are still to be ended. The first item of both is listed in one index partition
of the whole table, so that interrupted changes are found and finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
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
"""How many members one part names: 100 of the 400 kB that an item may have, applied in a second."""

FINISHED = "finished"
"""The label of the condition that a deletion is unfinished."""

_PENDING = "pending"


@dataclass(frozen=True)
class MemberChanges:
    """The members that a change adds and removes, types by id; no id is in both."""

    added: Mapping[str, Kind]
    removed: Mapping[str, Kind]


@dataclass(frozen=True)
class UnfinishedChange:
    """A change, a deletion, a walk or a return that is not known to be finished.

    It is the change `change` of the group `id`, or the walk of the template `template` over its
    members, or the `returned` user `id` who is to join groups; without these, the deletion of `id`.
    """

    tenant: str
    id: str
    change: str
    since: str
    template: str = ""
    returned: bool = False


@dataclass(frozen=True)
class DeletedResource:
    """A deleted resource whose memberships are still to be ended, or moved to the survivor.

    `since` is when it was deleted: an account that came back may be deleted again.
    """

    kind: Kind
    actor: Actor
    since: str
    survivor: str = ""


class LargeChangeItems:
    """The unfinished changes and deletions of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def write(self, group: str, changes: MemberChanges, actor: Actor, now: str) -> str:
        """Store a change and return its name; it does not take effect yet.

        Its first item is written first: the sweep then finds the parts of an interrupted writer.
        """
        change = uuid4().hex
        entries = [*_entries("+", changes.added), *_entries("-", changes.removed)]
        parts = [entries[at : at + PART_MEMBERS] for at in range(0, len(entries), PART_MEMBERS)]
        first = {"origin": actor.item, "gsi_pk": keys.UNFINISHED, "gsi_sk": f"{now}#{change}"}
        self._table.put(self._keys.member_change(group, change, 0), first)
        for number, part in enumerate(parts, 1):
            entries_json = json.dumps(part, separators=(",", ":"))
            self._table.put(
                self._keys.member_change(group, change, number), {"entries": entries_json}
            )
        return change

    def check(self, group: str, change: str) -> Action:
        """Return the check that a change is stored and not discarded."""
        return Action(
            "ConditionCheck",
            self._keys.member_change(group, change, 0),
            condition="attribute_exists(pk) AND attribute_not_exists(discarded)",
        )

    def read(self, group: str, change: str) -> MemberChanges:
        """Return the members of a change that are not known to be applied, none when finished."""
        return changes_in(self._items(group, change))

    def parts(self, group: str, change: str) -> Iterator[tuple[int, MemberChanges]]:
        """Yield number and members of the parts of a change that are not known to be applied."""
        for item in self._items(group, change):
            if "entries" in item:
                yield int(keys.identifier(item["sk"])), changes_in([item])

    def delete_part(self, group: str, change: str, number: int) -> None:
        """Delete a part of a change that is applied."""
        self._table.delete([self._keys.member_change(group, change, number)])

    def read_actor(self, group: str, change: str) -> Actor:
        """Return the actor that caused a change."""
        item = self._table.get(self._keys.member_change(group, change, 0)) or {}
        return Actor(**item.get("origin", {}))

    def reserve(self, group: str, actor: Actor, now: str) -> str:
        """Reserve the members of a group, so that nobody else changes them; return the name.

        A reservation is a change without members. Raises ConditionFailed when a change of the group
        is unfinished, or when there is no such group.
        """
        name = self.write(group, MemberChanges({}, {}), actor, now)
        reservation = Action(
            "Update",
            self._keys.document(Kind.GROUP, group),
            update="SET pending = :name",
            condition="attribute_not_exists(pending) AND attribute_exists(document)",
            values={":name": name},
        )
        try:
            self._table.transact([reservation])
        except ConditionFailed:
            self.delete_reservation(group, name)
            raise
        return name

    def delete_reservation(self, group: str, name: str) -> None:
        """Delete a reservation that is not in effect."""
        self._table.delete([self._keys.member_change(group, name, 0)])

    def discard(self, group: str, change: str) -> bool:
        """Delete a change that is finished or never took effect; may be repeated at any point.

        Returns whether it is deleted: an unfinished change that is in effect stays. The first item
        is marked first, so that the change cannot take effect while its parts are deleted.
        """
        first = self._keys.member_change(group, change, 0)
        discarding = [
            Action(
                "ConditionCheck",
                self._keys.document(Kind.GROUP, group),
                condition="attribute_not_exists(pending) OR pending <> :change",
                values={":change": change},
                label=_PENDING,
            ),
            Action(
                "Update",
                first,
                update="SET discarded = :true",
                condition="attribute_exists(pk)",
                values={":true": True},
            ),
        ]
        try:
            self._table.transact(discarding)
        except ConditionFailed as error:
            if _PENDING in error.labels:
                return False
        # Parts without a first item: a writer went on after the change was discarded.
        items = [{"pk": item["pk"], "sk": item["sk"]} for item in self._items(group, change)]
        self._table.delete(key for key in items if key != first)
        self._table.delete(key for key in items if key == first)
        return True

    def start_of_deletion(
        self, kind: Kind, identifier: str, actor: Actor, now: str, survivor: str = ""
    ) -> Action:
        """Return the action that notes that a deleted resource's memberships are to be ended.

        With a survivor they are moved to it.
        """
        return Action(
            "Put",
            self._keys.unfinished_deletion(identifier),
            item={
                "kind": kind.value,
                "origin": actor.item,
                **({"heir": survivor} if survivor else {}),
                "gsi_pk": keys.UNFINISHED,
                "gsi_sk": f"{now}#{identifier}",
            },
        )

    def read_deleted(self, identifier: str) -> DeletedResource | None:
        """Return an unfinished deletion, None when there is none."""
        item = self._table.get(self._keys.unfinished_deletion(identifier))
        if item is None:
            return None
        since = item["gsi_sk"].partition("#")[0]
        actor = Actor(**item["origin"])
        return DeletedResource(Kind(item["kind"]), actor, since, item.get("heir", ""))

    def deletion_check(self, identifier: str, since: str) -> Action:
        """Return the check that a deletion is unfinished; FINISHED says that it is not.

        It is an update that changes nothing: no other deletion of users takes a ConditionCheck.
        """
        return Action(
            "Update",
            self._keys.unfinished_deletion(identifier),
            update="SET origin = origin",
            condition="gsi_sk = :since",
            values={":since": f"{since}#{identifier}"},
            label=FINISHED,
        )

    def unfinished_deletions(self) -> Iterator[str]:
        """Yield the ids of the deleted resources whose memberships are still to be ended."""
        for item in self._table.query(self._keys.unfinished_deletions()):
            yield item["sk"]

    def finish_deletion(self, identifier: str, since: str) -> None:
        """Note that the memberships of a deleted resource are ended, as far as that is new."""
        action = Action(
            "Delete",
            self._keys.unfinished_deletion(identifier),
            condition="gsi_sk = :since",
            values={":since": f"{since}#{identifier}"},
        )
        with suppress(ConditionFailed):  # another has, and the account may be deleted again
            self._table.remove(action)

    def _items(self, group: str, change: str) -> Iterator[Item]:
        partition = self._keys.partition(Kind.GROUP, group)
        return self._table.query(partition, keys.change_prefix(change))


def changes_in(items: Iterable[Item]) -> MemberChanges:
    """Return the members in the items of one change."""
    added: dict[str, Kind] = {}
    removed: dict[str, Kind] = {}
    for item in items:
        for sign, kind, identifier in json.loads(item.get("entries", "[]")):
            (added if sign == "+" else removed)[identifier] = Kind(kind)
    return MemberChanges(added, removed)


def unfinished_changes(table: Table, until: str) -> Iterator[UnfinishedChange]:
    """Yield what is unfinished of all tenants until an instant, oldest first."""
    for item in table.query_index(keys.UNFINISHED):
        since = item["gsi_sk"].partition("#")[0]
        if since > until:
            return
        tenant, _, rest = item["pk"].partition("#")
        if rest == keys.UNFINISHED_DELETION:
            yield UnfinishedChange(tenant, item["sk"], "", since)
        elif item["sk"] == keys.HELD:
            identifier = keys.identifier(item["pk"])
            yield UnfinishedChange(tenant, identifier, "", since, returned=True)
        elif item["sk"].startswith(keys.WALK):
            _, template, group = item["sk"].split("#", 2)
            yield UnfinishedChange(tenant, group, "", since, template)
        else:
            yield UnfinishedChange(
                tenant, keys.identifier(item["pk"]), item["sk"].split("#")[1], since
            )


def _entries(sign: str, members: Mapping[str, Kind]) -> Iterator[tuple[str, str, str]]:
    for identifier, kind in members.items():
        yield sign, kind.value, identifier
