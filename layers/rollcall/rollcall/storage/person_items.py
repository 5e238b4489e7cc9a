"""The items of a tenant in which the ids of one person stand, beside documents and groups."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from itertools import chain

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import Actor
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.findings import Findings
from rollcall.storage.keys import Key, Keys
from rollcall.storage.large_change_items import (
    LargeChangeItems,
    UnfinishedChange,
    unfinished_changes,
)
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

_OF_A_PERSON = ("access", "alias", "gone", "link", "pending", "stub")
"""What a tombstone may hold beside the id, dates, and its places in the indexes."""


_EVER = "9"
"""After every instant."""


class PersonItems:
    """The items of one person, by all ids of that person."""

    def __init__(self, table: Table, tenant: str, ids: Collection[str]) -> None:
        self._table = table
        self._tenant = tenant
        self._keys = Keys(tenant)
        self._ids = ids

    def own(self) -> Iterator[Key]:
        """Yield the keys of what is stored under the ids, but for documents and tombstones."""
        for identifier in self._ids:
            evidence = self._keys.evidence(identifier, "", "")["pk"]
            for partition in (self._keys.partition(Kind.USER, identifier), evidence):
                for page in self._table.pages(partition, only=("pk", "sk")):
                    yield from (item for item in page if item["sk"] != keys.DOCUMENT)

    def findings(self) -> list[tuple[str, Item]]:
        """Return id and item of the findings that name the person."""
        findings = Findings(self._table, self._tenant).all()
        return [each for each in findings if self._ids_in(each[1]["accounts"])]

    def notices(self) -> list[Key]:
        """Return the keys of the notices that name the person, and of notes of the brake."""
        notices = self._table.query(self._keys.notices())
        notes = self._table.query(self._keys.brake(), keys.DISABLED)
        return [
            {"pk": item["pk"], "sk": item["sk"]}
            for item in chain(notices, notes)
            if self._names(
                json.dumps([item["sk"], item.get("about"), item.get("said")], default=str)
            )
        ]

    def unfinished(self) -> Iterator[UnfinishedChange]:
        """Yield the unfinished changes of groups that name the person as a member."""
        large_changes = LargeChangeItems(self._table, self._tenant)
        for unfinished in unfinished_changes(self._table, _EVER):
            if unfinished.tenant == self._tenant and unfinished.change:
                changes = large_changes.read(unfinished.id, unfinished.change)
                if self._ids_in(changes.added.keys() | changes.removed.keys()):
                    yield unfinished

    def erasing(self, identifier: str, now: str, expires: int, actor: Actor) -> Action:
        """Return the action that leaves nothing of a tombstone but an id and dates.

        It expires at `expires`, a Unix time. The action fails where that is done already, and where
        there is no tombstone.
        """
        return Action(
            "Update",
            self._keys.document(Kind.USER, identifier),
            update=(
                "SET erased = :now, created = deleted, expires = :expires, origin = :origin "
                f"REMOVE {', '.join(_OF_A_PERSON)}"
            ),
            condition="attribute_exists(deleted) AND attribute_not_exists(erased)",
            values={":now": now, ":expires": expires, ":origin": actor.item},
        )

    def _ids_in(self, ids: Collection[str]) -> bool:
        return not set(self._ids).isdisjoint(ids)

    def _names(self, text: str) -> bool:
        return any(identifier in text for identifier in self._ids)
