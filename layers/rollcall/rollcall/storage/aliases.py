"""Aliases: ids of users that were merged into others. Each resolves to the surviving user.

The item of a removed user stays, without `document`, so that it is not listed, found or counted.
Where the identity provider knows the id and will delete it, the item holds a `stub`: a document
that is returned for this id alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim import names
from rollcall.scim.document import encoded
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import record_of
from rollcall.storage.index_entries import CHANGED
from rollcall.storage.keys import Keys, identifier
from rollcall.storage.resource_writes import ResourceWrites
from rollcall.storage.table import MAX_BATCH, Table
from rollcall.storage.transactions import Action


@dataclass(frozen=True)
class Alias:
    """An id that means another user, the survivor; `stub` is the document of the id itself."""

    id: str
    survivor: str
    stub: Record | None = None


class Aliases:
    """The aliases of one tenant; an actor causes their changes."""

    def __init__(self, table: Table, tenant: str, actor: Actor, *, moved: bool = False) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self._writes = ResourceWrites(table, tenant, actor, moved=moved)
        self._actor = actor

    def read(self, identifier: str) -> Alias | None:
        """Return the alias with an id, None when the id is not an alias."""
        item = self._table.get(self._keys.document(Kind.USER, identifier))
        return None if item is None else alias_of(identifier, item)

    def merged_into(self, survivor: str) -> list[Alias]:
        """Return the ids that mean a user, over several merges as well.

        Reads all tombstones of the tenant, by an eventually consistent index.
        """
        by_survivor: dict[str, list[Alias]] = {}
        for alias in self._all():
            by_survivor.setdefault(alias.survivor, []).append(alias)
        found: list[Alias] = []
        waiting = [survivor]
        while waiting:
            aliases = by_survivor.pop(waiting.pop(), [])
            found += aliases
            waiting += [alias.id for alias in aliases]
        return found

    def _all(self) -> Iterator[Alias]:
        entries = self._table.query_index(self._keys.tombstones())
        while batch := list(islice(entries, MAX_BATCH)):
            keys = [{"pk": entry["pk"], "sk": entry["sk"]} for entry in batch]
            for (pk, _), item in self._table.get_many(keys).items():
                if (alias := alias_of(identifier(pk), item)) is not None:
                    yield alias

    def creation(
        self, record: Record, survivor: str, stub: Mapping[str, Any] | None, now: str
    ) -> list[Action]:
        """Return the actions that turn the version of a user that was read into an alias."""
        _, *others = self._writes.deletion(record, now, 0)
        values = {
            ":survivor": survivor,
            ":now": now,
            ":feed": self._keys.change_partition_of(Kind.USER, record.id),
            ":version": record.version,
            ":next": record.version + 1,
            ":origin": self._actor.item,
            ":tombstones": self._keys.tombstones(),
            ":order": f"{now}#{Kind.USER.value}#{record.id}",
        }
        sets = (
            "alias = :survivor, deleted = :now, modified = :now, feed = :feed, version = :next, "
            "origin = :origin, gsi_pk = :tombstones, gsi_sk = :order"
        )
        if stub is not None:
            sets, values[":stub"] = f"{sets}, stub = :stub", encoded(stub)
        # What memberships give ends or passes with them, one after the other.
        left = "" if record.access.following else ", access"
        retire = Action(
            "Update",
            self._keys.document(Kind.USER, record.id),
            update=f"SET {sets} REMOVE document, link{left}",
            condition="version = :version AND attribute_exists(document)",
            values=values,
            label=CHANGED,
        )
        return [retire, *others]

    def stub_replacement(self, stub: Record, document: Mapping[str, Any], now: str) -> Action:
        """Return the action that replaces the document of the version of a stub that was read."""
        names.check(Kind.USER, stub.document, document)
        return self._changed(stub, now, "SET stub = :stub,", {":stub": encoded(document)})

    def stub_deletion(self, stub: Record, now: str) -> Action:
        """Return the action that deletes a stub; the id still resolves to the survivor."""
        return self._changed(stub, now, "REMOVE stub SET", {})

    def _changed(self, stub: Record, now: str, change: str, values: Mapping[str, Any]) -> Action:
        return Action(
            "Update",
            self._keys.document(Kind.USER, stub.id),
            update=f"{change} modified = :now, feed = :feed, version = :next, origin = :origin",
            condition="version = :version AND attribute_exists(stub)",
            values={
                **values,
                ":now": now,
                ":feed": self._keys.change_partition_of(Kind.USER, stub.id),
                ":version": stub.version,
                ":next": stub.version + 1,
                ":origin": self._actor.item,
            },
            label=CHANGED,
        )


_OF_USERS = ("deleted", "link", "access")
"""Attributes that a stub does not have, although its item may."""


def alias_of(identifier: str, item: Item) -> Alias | None:
    """Return the alias in a document item, None when it is not an alias."""
    if "alias" not in item:
        return None
    stub = None
    if "stub" in item:
        values = {name: value for name, value in item.items() if name not in _OF_USERS}
        record = record_of(Kind.USER, {**values, "document": item["stub"]})
        stub = None if record is None else replace(record, alias=item["alias"])
    return Alias(identifier, item["alias"], stub)
