"""The documents of one tenant with their claims, lookups and counts, each write one transaction."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Unpack

from rollcall.scim import indexing
from rollcall.scim.errors import PayloadTooLargeException
from rollcall.scim.indexing import Entry
from rollcall.scim.ordering import Index
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Action, Bounds, Item, Table

MAX_DOCUMENT = 300_000
"""The bytes of a stored document."""

TOMBSTONE_DAYS = 90
"""How long the id of a deleted resource is remembered: clients lag behind."""

COUNT_SHARDS = 8

CLAIMED = "claimed"
CHANGED = "changed"
"""Labels of the conditions: the name is taken; the resource is not as it was read."""


class Resources:
    """The users and groups of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self.table = table
        self.keys = Keys(tenant)

    def read(self, kind: Kind, identifier: str) -> Record | None:
        """Read a resource by id, strongly consistent; None when there is none, or no longer."""
        item = self.table.get(self.keys.document(kind, identifier))
        return None if item is None else record_of(kind, item)

    def read_user(self, identifier: str) -> tuple[Record, list[str]] | None:
        """Read a user and the ids of its groups in one query."""
        partition = self.keys.partition(Kind.USER, identifier)
        record, groups = None, []
        for item in self.table.query(partition):
            if item["sk"] == keys.DOCUMENT:
                record = record_of(Kind.USER, item)
            elif item["sk"].startswith(keys.GROUP):
                groups.append(keys.identifier(item["sk"]))
        return None if record is None else (record, groups)

    def read_many(self, kind: Kind, identifiers: Iterable[str]) -> dict[str, Record]:
        """Read resources by id, in the order of the ids, strongly consistent."""
        wanted = {each: self.keys.document(kind, each) for each in identifiers}
        items = self.table.get_many(wanted.values())
        found = {}
        for each, key in wanted.items():
            item = items.get((key["pk"], key["sk"]))
            record = None if item is None else record_of(kind, item)
            if record is not None:
                found[each] = record
        return found

    def find(self, kind: Kind, entry: Entry, *, unique: bool) -> list[str]:
        """Return the ids under an index entry, strongly consistent."""
        if unique:
            item = self.table.get(self.keys.claim(kind, entry))
            return [] if item is None else [item["id"]]
        partition = self.keys.lookup_partition(entry)
        return [
            keys.identifier(item["sk"]) for item in self.table.query(partition, f"{kind.value}#")
        ]

    def listed(self, kind: Kind) -> Iterator[str]:
        """Yield the ids of all resources of a type in the order of creation."""
        for _, identifier in self.ordered(kind, Index.CREATED):
            yield identifier

    def ordered(
        self,
        kind: Kind,
        index: Index,
        position: tuple[str, str] | None = None,
        **bounds: Unpack[Bounds],
    ) -> Iterator[tuple[str, str]]:
        """Yield order key and id of all resources of a type in an order that is kept.

        `position` is such a pair to begin behind, before it or at it as the bounds say.
        """
        partition = self.keys.listing(kind) if index is Index.CREATED else self.keys.claims(kind)
        if position is not None:
            bounds["after"] = "#".join(position)
        for item in self.table.index(partition, **bounds):
            order, _, identifier = item["gsi_sk"].rpartition("#")
            yield order, identifier

    def beginning(self, kind: Kind, prefix: str) -> Iterator[str]:
        """Yield the ids of the resources whose folded name begins with a prefix."""
        for item in self.table.index(self.keys.claims(kind), prefix=keys.beginning(prefix)):
            yield keys.identifier(item["gsi_sk"])

    def order_key(self, record: Record, index: Index) -> tuple[str, str]:
        """Return where a resource stands in an order that is kept, as `ordered` yields it."""
        if index is Index.CREATED:
            return record.created, record.id
        return keys.part(indexing.claim(record.kind, record.document).key), record.id

    def count(self, kind: Kind) -> int:
        """Return how many resources of a type there are."""
        return sum(int(item["amount"]) for item in self.table.query(self.keys.counts(kind)))

    def creation(self, record: Record) -> list[Action]:
        """Return the actions that create a resource; CLAIMED says that its name is taken."""
        return [
            Action(
                "Put",
                self.keys.document(record.kind, record.id),
                item={
                    "document": _encoded(record.document),
                    "version": record.version,
                    "created": record.created,
                    "modified": record.modified,
                    "gsi_pk": self.keys.listing(record.kind),
                    "gsi_sk": f"{record.created}#{record.id}",
                },
                condition="attribute_not_exists(pk)",
                label=CHANGED,
            ),
            self._counted(record.kind, 1),
            *self._indexed(record, {}, record.document),
        ]

    def replacement(self, before: Record, document: Mapping[str, Any], now: str) -> list[Action]:
        """Return the actions that replace the document of the version that was read.

        CHANGED says that it is no longer that version, CLAIMED that the new name is taken.
        """
        return [
            Action(
                "Update",
                self.keys.document(before.kind, before.id),
                update="SET document = :document, version = :next, modified = :now",
                condition="version = :version AND attribute_exists(document)",
                values={
                    ":document": _encoded(document),
                    ":next": before.version + 1,
                    ":version": before.version,
                    ":now": now,
                },
                label=CHANGED,
            ),
            *self._indexed(before, before.document, document),
        ]

    def touch(self, record: Record, now: str) -> Action:
        """Return the action that raises the version of a resource whose document stays."""
        return Action(
            "Update",
            self.keys.document(record.kind, record.id),
            update="SET version = :next, modified = :now",
            condition="version = :version AND attribute_exists(document)",
            values={":next": record.version + 1, ":version": record.version, ":now": now},
            label=CHANGED,
        )

    def deletion(self, record: Record, now: str, expires: int) -> list[Action]:
        """Return the actions that leave a tombstone of the version that was read.

        `expires` is the Unix time at which the tombstone goes.
        """
        return [
            Action(
                "Update",
                self.keys.document(record.kind, record.id),
                update=(
                    "SET deleted = :now, expires = :expires, version = :next, "
                    "gsi_pk = :tombstones, gsi_sk = :order REMOVE document"
                ),
                condition="version = :version AND attribute_exists(document)",
                values={
                    ":now": now,
                    ":expires": expires,
                    ":version": record.version,
                    ":next": record.version + 1,
                    ":tombstones": self.keys.tombstones(),
                    ":order": f"{now}#{record.kind.value}#{record.id}",
                },
                label=CHANGED,
            ),
            self._counted(record.kind, -1),
            *self._indexed(record, record.document, {}),
        ]

    def forget(self) -> None:
        """Delete the counts and the tombstones; for a tenant without resources that is to go."""
        listed = self.table.index(self.keys.tombstones())
        self.table.delete({"pk": item["pk"], "sk": item["sk"]} for item in listed)
        for kind in Kind:
            self.table.delete(self.keys.count(kind, shard) for shard in range(COUNT_SHARDS))

    def _indexed(
        self, record: Record, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> Iterator[Action]:
        """Yield what changes between the index entries of two documents of a resource."""
        kind, identifier = record.kind, record.id
        old_claim = indexing.claim(kind, before) if before else None
        new_claim = indexing.claim(kind, after) if after else None
        if old_claim != new_claim:
            if old_claim is not None:
                yield Action("Delete", self.keys.claim(kind, old_claim))
            if new_claim is not None:
                yield Action(
                    "Put",
                    self.keys.claim(kind, new_claim),
                    item={
                        "id": identifier,
                        "gsi_pk": self.keys.claims(kind),
                        "gsi_sk": f"{keys.part(new_claim.key)}#{identifier}",
                    },
                    condition="attribute_not_exists(pk)",
                    label=CLAIMED,
                )
        old = indexing.lookups(kind, before) if before else frozenset()
        new = indexing.lookups(kind, after) if after else frozenset()
        for entry in sorted(old - new):
            yield Action("Delete", self.keys.lookup(kind, entry, identifier))
        for entry in sorted(new - old):
            yield Action("Put", self.keys.lookup(kind, entry, identifier))

    def _counted(self, kind: Kind, change: int) -> Action:
        return Action(
            "Update",
            self.keys.count(kind, random.randrange(COUNT_SHARDS)),  # noqa: S311
            update="ADD amount :change",
            values={":change": change},
        )


def successor(record: Record, document: Mapping[str, Any], now: str) -> Record:
    """Return the record as `replacement` or `touch` leaves it."""
    return replace(record, document=document, version=record.version + 1, modified=now)


def is_tombstone(item: Item) -> bool:
    """Tell whether a document item is what a deletion left."""
    return "document" not in item


def record_of(kind: Kind, item: Item) -> Record | None:
    """Return the record in a document item, None when it is a tombstone."""
    if is_tombstone(item):
        return None
    return Record(
        kind=kind,
        id=keys.identifier(item["pk"]),
        document=json.loads(item["document"]),
        version=int(item["version"]),
        created=item["created"],
        modified=item["modified"],
    )


def _encoded(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MAX_DOCUMENT:
        raise PayloadTooLargeException(
            detail=f"a resource without its members has at most {MAX_DOCUMENT // 1000} kB"
        )
    return text
