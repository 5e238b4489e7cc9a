"""Reads of the users and groups of one tenant: by id, by indexed values, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Unpack

from rollcall.aws.attribute_values import Item
from rollcall.model.record import Record
from rollcall.scim import indexing
from rollcall.scim.indexing import Index, IndexEntry
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.document_item import record_of, tombstone_of
from rollcall.storage.grant_items import GrantContent, grant_of, is_in_force
from rollcall.storage.held_accounts import groups_in
from rollcall.storage.index_entries import claim_holders
from rollcall.storage.keys import Keys
from rollcall.storage.memberships import is_membership
from rollcall.storage.table import Bounds, Table

COUNT_SHARDS = 8


@dataclass(frozen=True)
class StoredUser:
    """A user, the ids of its groups, and its grants that follow no membership."""

    record: Record
    groups: list[str] = field(default_factory=list)
    grants: list[GrantContent] = field(default_factory=list)


class Resources:
    """The users and groups of one tenant.

    Unless the tenant is `moved` to today's keys, names are looked up under the keys of earlier
    releases, too.
    """

    def __init__(self, table: Table, tenant: str, *, moved: bool = False) -> None:
        self.table = table
        self.keys = Keys(tenant)
        self.moved = moved

    def read(self, kind: Kind, identifier: str) -> Record | None:
        """Read a resource by id, strongly consistent; None when it does not exist."""
        item = self.table.get(self.keys.document(kind, identifier))
        return None if item is None else record_of(kind, item)

    def resolve(self, kind: Kind, text: str) -> Record | None:
        """Return the resource with an id, an id that was merged into it, or a name, in this order.

        A chain of merges is followed; None when there is no such resource.
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
        user = self.read_whole(identifier)
        return None if user is None else (user.record, user.groups)

    def read_whole(self, identifier: str) -> StoredUser | None:
        """Read a user with all that belongs to it in one query."""
        partition = self.keys.partition(Kind.USER, identifier)
        record = None
        groups: list[str] = []
        grants: list[GrantContent] = []
        for item in self.table.query(partition):
            if item["sk"] == keys.DOCUMENT:
                record = record_of(Kind.USER, item)
            elif item["sk"].startswith(keys.GROUP) and is_membership(item):
                groups.append(keys.identifier(item["sk"]))
            elif item["sk"].startswith(keys.GRANT) and is_in_force(item) and "follows" not in item:
                grants.append(grant_of(item))
            elif item["sk"] == keys.HELD:  # it is back, and not yet in all of its groups
                groups += [each for each in groups_in(item) if each not in groups]
        return None if record is None else StoredUser(record, groups, grants)

    def read_many(
        self, kind: Kind, identifiers: Iterable[str], *, deleted: bool = False
    ) -> dict[str, Record]:
        """Read resources by id, in the order of the ids, strongly consistent.

        With `deleted`, tombstones are included.
        """
        found = self.read_with(kind, identifiers, deleted=deleted)
        return {identifier: record for (_, identifier), record in found.items()}

    def read_with(
        self,
        kind: Kind,
        identifiers: Iterable[str],
        *others: tuple[Kind, str],
        deleted: bool = False,
    ) -> dict[tuple[Kind, str], Record]:
        """Read resources of one type, and others in the same round trip, by type and id."""
        resources = [*others, *((kind, identifier) for identifier in identifiers)]
        documents = {resource: self.keys.document(*resource) for resource in resources}
        items = self.table.get_many(documents.values())
        records = {}
        for resource, key in documents.items():
            item = items.get((key["pk"], key["sk"]))
            record = None if item is None else record_of(resource[0], item)
            if record is not None:
                records[resource] = record
            elif item is not None and deleted:
                records[resource] = tombstone_of(resource[0], item)
        return records

    def find(self, kind: Kind, entry: IndexEntry, *, unique: bool) -> list[str]:
        """Return the ids under an index entry, strongly consistent; one at most if it is unique."""
        if unique:
            return list(self.find_many(kind, [entry]).values())
        found: dict[str, None] = {}
        for form in self._forms(entry):
            partition = self.keys.lookup_partition(form)
            for item in self.table.query(partition, f"{kind.value}#"):
                found[keys.identifier(item["sk"])] = None
        return list(found)

    def find_many(self, kind: Kind, entries: Iterable[IndexEntry]) -> dict[IndexEntry, str]:
        """Return the ids under unique entries, one round trip per hundred.

        Where the names of two resources have become the same, it is the one that earlier releases
        found by this spelling, else the older; that takes another round trip.
        """
        partitions = {
            entry: [self.keys.claim(kind, form)["pk"] for form in self._forms(entry)]
            for entry in entries
        }
        claims = self._claims([pk for pks in partitions.values() for pk in pks])
        found = {}
        for entry, pks in partitions.items():
            ids = {holder for pk in pks if pk in claims for holder in claim_holders(claims[pk])}
            if len(ids) > 1:
                ids = self._best(kind, entry, ids)
            if ids:
                (found[entry],) = ids
        return found

    def names_taken(self, kind: Kind, entries: Iterable[IndexEntry]) -> set[IndexEntry]:
        """Return the entries that are claimed; one round trip per hundred."""
        return set(self.find_many(kind, entries))

    def _forms(self, entry: IndexEntry) -> tuple[IndexEntry, ...]:
        """Return the entry, and its former form where the tenant may have it stored."""
        return entry.forms[:1] if self.moved else entry.forms

    def _claims(self, partitions: list[str]) -> dict[str, Item]:
        """Read claims by their partitions."""
        claim_keys = [{"pk": partition, "sk": keys.CLAIM} for partition in partitions]
        if len(claim_keys) == 1:
            item = self.table.get(claim_keys[0])
            return {} if item is None else {item["pk"]: item}
        return {item["pk"]: item for item in self.table.get_many(claim_keys).values()}

    def _best(self, kind: Kind, entry: IndexEntry, identifiers: Iterable[str]) -> set[str]:
        """Return the best of the resources with a name, none when no resource has it any more."""
        former_key = entry.forms[-1].key
        ranked = []
        for record in self.read_many(kind, identifiers).values():
            claim = indexing.claim(kind, record.document)
            if claim.key == entry.key:
                ranked.append((claim.forms[-1].key != former_key, record.created, record.id))
        return {identifier for *_, identifier in sorted(ranked)[:1]}

    def ids(self, kind: Kind) -> Iterator[str]:
        """Yield the ids of all resources of a type in the order of creation."""
        for _, identifier in self.in_order(kind, Index.CREATED):
            yield identifier

    def in_order(
        self,
        kind: Kind,
        index: Index,
        position: tuple[str, str] | None = None,
        **bounds: Unpack[Bounds],
    ) -> Iterator[tuple[str, str]]:
        """Yield order key and id of all resources of a type in an indexed order.

        Reading begins after `position`, such a pair, or as the bounds say.
        """
        partition = self.keys.listing(kind) if index is Index.CREATED else self.keys.claims(kind)
        if position is not None:
            bounds["after"] = "#".join(position)
        for item in self.table.query_index(partition, **bounds):
            order, _, identifier = item["gsi_sk"].rpartition("#")
            yield order, identifier

    def with_prefix(self, kind: Kind, entry: IndexEntry) -> Iterator[str]:
        """Yield the ids of the resources whose folded name begins with an entry's."""
        return map(keys.identifier, self.positions(kind, entry))

    def positions(
        self, kind: Kind, entry: IndexEntry, after: str = "", limit: int = 0
    ) -> Iterator[str]:
        """Yield the positions of names that begin with an entry's, each with the id at its end.

        Reading begins after one of these positions; `limit` is the page size.
        """
        first, *others = (keys.name_prefix(form.key) for form in self._forms(entry))
        for prefix in (first, *(other for other in others if not other.startswith(first))):
            if after and not after.startswith(prefix):
                continue
            found = self.table.query_index(
                self.keys.claims(kind), prefix=prefix, after=after, limit=limit
            )
            yield from (item["gsi_sk"] for item in found if item["gsi_sk"] != after)
            after = ""

    def order_key(self, record: Record, index: Index) -> tuple[str, str]:
        """Return the position of a resource in an indexed order, as `in_order` yields it."""
        if index is Index.CREATED:
            return record.created, record.id
        if index is Index.CHANGED:
            return record.modified, record.id
        return keys.part(indexing.claim(record.kind, record.document).key), record.id

    def count(self, kind: Kind, *, linked: bool = False) -> int:
        """Return how many resources of a type there are, or how many `linked` ones.

        Local accounts that were created before they were counted count as linked.
        """
        shards = list(self.table.query(self.keys.counts(kind)))
        unlinked = sum(int(shard.get("unlinked", 0)) for shard in shards) if linked else 0
        return sum(int(shard["amount"]) for shard in shards) - max(unlinked, 0)
