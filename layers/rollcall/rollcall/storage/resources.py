"""The users and groups of one tenant as they are read: by id, by what is indexed, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Unpack

from rollcall.scim import indexing
from rollcall.scim.indexing import Entry
from rollcall.scim.ordering import Index
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage import keys
from rollcall.storage.documents import record_of, tombstone_of
from rollcall.storage.keys import Keys
from rollcall.storage.memberships import is_membership
from rollcall.storage.table import Bounds, Table

COUNT_SHARDS = 8


class Resources:
    """The users and groups of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self.table = table
        self.keys = Keys(tenant)

    def read(self, kind: Kind, identifier: str) -> Record | None:
        """Read a resource by id, strongly consistent; None when there is none, or no longer."""
        item = self.table.get(self.keys.document(kind, identifier))
        return None if item is None else record_of(kind, item)

    def named(self, kind: Kind, text: str) -> Record | None:
        """Return the resource that a person means: by its id, an id merged into it, or its name.

        A merge into a user that was merged later leads on; None when there is no such resource.
        """
        identifier = text
        while (item := self.table.get(self.keys.document(kind, identifier))) is not None:
            if (record := record_of(kind, item)) is not None:
                return record
            if "alias" not in item:
                break
            identifier = item["alias"]
        entry = indexing.claim(kind, {"userName": text, "displayName": text})
        for found in self.find(kind, entry, unique=True):
            return self.read(kind, found)
        return None

    def read_user(self, identifier: str) -> tuple[Record, list[str]] | None:
        """Read a user and the ids of its groups in one query."""
        partition = self.keys.partition(Kind.USER, identifier)
        record, groups = None, []
        for item in self.table.query(partition):
            if item["sk"] == keys.DOCUMENT:
                record = record_of(Kind.USER, item)
            elif item["sk"].startswith(keys.GROUP) and is_membership(item):
                groups.append(keys.identifier(item["sk"]))
        return None if record is None else (record, groups)

    def read_many(
        self, kind: Kind, identifiers: Iterable[str], *, deleted: bool = False
    ) -> dict[str, Record]:
        """Read resources by id, in the order of the ids, strongly consistent.

        Of `deleted` ones what is left of them.
        """
        found = self.read_beside(kind, identifiers, deleted=deleted)
        return {identifier: record for (_, identifier), record in found.items()}

    def read_beside(
        self,
        kind: Kind,
        identifiers: Iterable[str],
        *others: tuple[Kind, str],
        deleted: bool = False,
    ) -> dict[tuple[Kind, str], Record]:
        """Read resources of one type, and others in the same round trip, by type and id."""
        named = [*others, *((kind, each) for each in identifiers)]
        wanted = {each: self.keys.document(*each) for each in named}
        items = self.table.get_many(wanted.values())
        found = {}
        for each, key in wanted.items():
            item = items.get((key["pk"], key["sk"]))
            record = None if item is None else record_of(each[0], item)
            if record is not None:
                found[each] = record
            elif item is not None and deleted:
                found[each] = tombstone_of(each[0], item)
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

    def find_many(self, kind: Kind, entries: Iterable[Entry]) -> Iterator[str]:
        """Yield the ids under unique entries, one round trip per hundred."""
        wanted = [self.keys.claim(kind, entry) for entry in entries]
        found = self.table.get_many(wanted)
        for key in wanted:
            if (item := found.get((key["pk"], key["sk"]))) is not None:
                yield item["id"]

    def taken(self, kind: Kind, entries: Iterable[Entry]) -> set[Entry]:
        """Return which claims there are; one round trip for a hundred."""
        wanted = {each: self.keys.claim(kind, each) for each in entries}
        found = self.table.get_many(wanted.values())
        return {each for each, key in wanted.items() if (key["pk"], key["sk"]) in found}

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
        if index is Index.CHANGED:
            return record.modified, record.id
        return keys.part(indexing.claim(record.kind, record.document).key), record.id

    def count(self, kind: Kind) -> int:
        """Return how many resources of a type there are."""
        return sum(int(item["amount"]) for item in self.table.query(self.keys.counts(kind)))
