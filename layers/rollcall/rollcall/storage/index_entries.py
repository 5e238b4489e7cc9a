"""The index entries of a resource: claims on unique names, lookups, evidence.

A write puts and deletes the difference between two documents. Earlier releases stored names under
other keys. Until a tenant is moved to today's keys, a name is claimed under both, so that old and
new releases refuse each other's names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model.record import Record
from rollcall.scim import indexing, names
from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import Kind
from rollcall.storage import evidence_index, keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

CLAIMED = "claimed"
CHANGED = "changed"
"""Labels of conditions: the name is taken; the resource was changed since it was read."""

Document = Mapping[str, Any]


class IndexEntries:
    """The claims, lookups and evidence of one tenant's resources."""

    def __init__(self, table: Table, tenant: str, *, moved: bool) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self._moved = moved

    def changes(
        self, record: Record, before: Document, after: Document, now: str
    ) -> Iterator[Action]:
        """Yield the actions on index entries between two documents of a resource; {} is none.

        CLAIMED says that the new name is taken. Raises InvalidValueException for a name that no
        resource may get. Reads only where the old name has two keys.
        """
        kind, identifier = record.kind, record.id
        names.check(kind, before, after)
        if not (before and after and indexing.is_unchanged(kind, before, after)):
            yield from self._claims(kind, identifier, before, after)
            yield from self._lookups(kind, identifier, before, after, now)
        if kind is Kind.USER:
            yield from evidence_index.changes(self._keys, identifier, before, after, now)

    def _claims(
        self, kind: Kind, identifier: str, before: Document, after: Document
    ) -> Iterator[Action]:
        old, new = self._names(kind, before), self._names(kind, after)
        if old == new:
            return
        claimed, condition, values, label = old, "", {}, ""
        if len(old) > 1:
            claimed = self._claims_of(kind, identifier, old)
            condition, values, label = "id = :id", {":id": identifier}, CHANGED
        for entry in claimed:
            if entry not in new:
                key = self._keys.claim(kind, entry)
                yield Action("Delete", key, condition=condition, values=values, label=label)
        for entry in new:
            if entry not in claimed:
                yield Action(
                    "Put",
                    self._keys.claim(kind, entry),
                    item=claim_item(self._keys, kind, entry, identifier, listed=entry == new[0]),
                    condition="attribute_not_exists(pk)",
                    label=CLAIMED,
                )

    def _names(self, kind: Kind, document: Document) -> tuple[IndexEntry, ...]:
        """Return the names that a document claims, the one with today's key first."""
        if not document:
            return ()
        claim = indexing.claim(kind, document)
        return claim.forms[:1] if self._moved else claim.forms

    def _claims_of(
        self, kind: Kind, identifier: str, entries: Collection[IndexEntry]
    ) -> tuple[IndexEntry, ...]:
        """Return the claims that a resource has: another resource may have had the name first."""
        claim_keys = {entry: self._keys.claim(kind, entry) for entry in entries}
        items = self._table.get_many(claim_keys.values())
        return tuple(
            entry
            for entry, key in claim_keys.items()
            if items.get((key["pk"], key["sk"]), {}).get("id") == identifier
        )

    def _lookups(
        self, kind: Kind, identifier: str, before: Document, after: Document, now: str
    ) -> Iterator[Action]:
        old = indexing.lookups(kind, before) if before else frozenset()
        new = indexing.lookups(kind, after) if after else frozenset()
        former = {} if self._moved else indexing.former_lookups(kind, before)
        if former and old == new and former == indexing.former_lookups(kind, after):
            former = {}  # without a change nothing is moved
        # An entry under a former key may exist under today's key as well, or not yet.
        for entry in sorted((old | former.keys()) - new):
            yield Action("Delete", self._keys.lookup(kind, entry, identifier))
        for entry in sorted(new - (old - {*former.values()})):
            key = self._keys.lookup(kind, entry, identifier)
            item = (
                evidence_index.index_attributes(self._keys, key, now) if kind is Kind.USER else {}
            )
            yield Action("Put", key, item=item)


def claim_item(
    tenant_keys: Keys, kind: Kind, entry: IndexEntry, identifier: str, *, listed: bool
) -> Item:
    """Return the item of a claim; `listed` puts it into the index of names."""
    if not listed:
        return {"id": identifier}
    order = f"{keys.part(entry.key)}#{identifier}"
    return {"id": identifier, "gsi_pk": tenant_keys.claims(kind), "gsi_sk": order}


def claim_holders(item: Item) -> list[str]:
    """Return the ids in a claim: its resource, and others whose names have become the same."""
    return [item["id"], *item.get("also", ())]
