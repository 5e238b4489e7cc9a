"""What became of accounts: there, merged into another, waiting for its end, or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice

from rollcall.aws.attribute_values import Item
from rollcall.model.record import Record
from rollcall.scim.indexing import INDEXED, IndexEntry
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.aliases import alias_of
from rollcall.storage.document_item import is_held, record_of
from rollcall.storage.index_entries import claim_holders
from rollcall.storage.keys import Keys
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.table import MAX_BATCH, Table

MOST_CANDIDATES = 10
"""Up to how many accounts with one address are counted."""


@dataclass(frozen=True)
class FoundAccount:
    """An account: its record, or else the `survivor` that it was merged into.

    Without either it is deleted, and `held` tells that it waits for its end.
    """

    record: Record | None = None
    survivor: str = ""
    held: bool = False


class AccountStates:
    """The accounts of one tenant, found by what a product knows of a person.

    Unless the tenant is `moved` to today's keys, names are looked up under those of earlier
    releases, too.
    """

    def __init__(self, table: Table, tenant: str, *, moved: bool = False) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self._moved = moved

    def find(self, external_id: str, user_name: str) -> tuple[list[str], list[str]]:
        """Return the ids of accounts with an externalId and with a userName, in one round trip.

        The first ones include accounts that wait for their end, so that as many are looked at as
        are when a POST takes one of them back. An empty value finds nothing.
        """
        reads: list[Callable[[], list[str]]] = []
        if external_id:
            reads.append(partial(self._with_value, _entry("externalId", external_id), MAX_BATCH))
        if user_name:
            reads.append(partial(self._with_name, _entry("userName", user_name)))
        found = at_once(reads) if len(reads) > 1 else [read() for read in reads]
        by_external_id = found.pop(0) if external_id else []
        return by_external_id, found[0] if user_name else []

    def count_with_email(self, email: str) -> int:
        """Return how many accounts have an address, up to MOST_CANDIDATES."""
        return len(self._with_value(_entry("emails.value", email), MOST_CANDIDATES))

    def read(self, identifiers: Iterable[str]) -> dict[str, FoundAccount]:
        """Read accounts by id, strongly consistent; those that never were are left out."""
        documents = {each: self._keys.document(Kind.USER, each) for each in identifiers}
        items = self._table.get_many(documents.values())
        read = {each: items.get((key["pk"], key["sk"])) for each, key in documents.items()}
        return {each: _state(each, item) for each, item in read.items() if item is not None}

    def _with_value(self, entry: IndexEntry, most: int) -> list[str]:
        partitions = [self._keys.lookup_partition(form) for form in self._forms(entry)]
        prefix = f"{Kind.USER.value}#"

        def read(partition: str) -> list[str]:
            found = self._table.query(partition, prefix, limit=most)
            return [keys.identifier(item["sk"]) for item in islice(found, most)]

        reads = [partial(read, partition) for partition in partitions]
        found = at_once(reads) if len(reads) > 1 else [read() for read in reads]
        return list(dict.fromkeys(each for ids in found for each in ids))[:most]

    def _with_name(self, entry: IndexEntry) -> list[str]:
        claims = [self._keys.claim(Kind.USER, form) for form in self._forms(entry)]
        if len(claims) == 1:
            item = self._table.get(claims[0])
            return [] if item is None else claim_holders(item)
        items = self._table.get_many(claims).values()
        return list(dict.fromkeys(each for item in items for each in claim_holders(item)))

    def _forms(self, entry: IndexEntry) -> tuple[IndexEntry, ...]:
        return entry.forms[:1] if self._moved else entry.forms


def _entry(attribute: str, value: str) -> IndexEntry:
    indexed = next(each for each in INDEXED[Kind.USER] if each.attribute == attribute)
    return indexed.entry(value)


def _state(identifier: str, item: Item) -> FoundAccount:
    alias = alias_of(identifier, item)
    if alias is not None:
        return FoundAccount(survivor=alias.survivor)
    return FoundAccount(record_of(Kind.USER, item), held=is_held(item))
