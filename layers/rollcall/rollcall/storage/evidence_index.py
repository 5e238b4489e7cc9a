"""The evidence of one tenant's users, in the order of its canonical values.

Evidence that has a lookup item is in the index by that item; other evidence has an item of its own.
The index attributes of an item follow from its key. Names are in one partition of the index, so
that one query looks one up; other evidence is spread over several, by its value. Earlier releases
had all of it in that of the names, where it stays until it changes.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model import match_keys
from rollcall.model.match_keys import Evidence, MatchKey, Source
from rollcall.scim.indexing import IndexEntry
from rollcall.storage.keys import Key, Keys, identifier, part
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action


class EvidenceIndex:
    """The evidence of one tenant's users."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def all(self, after: str = "") -> Iterator[MatchKey]:
        """Yield all evidence in the order of the canonical value, after a position."""
        orders = [self._keys.names_order(), *self._keys.evidence_orders()]
        partitions = [self._table.query_index(each, after=after) for each in orders]
        yield from map(_match_key, heapq.merge(*partitions, key=lambda item: item["gsi_sk"]))

    def with_name(self, canonical: str, most: int) -> list[MatchKey]:
        """Return the evidence with one canonical name, at most `most` of it, in one query."""
        prefix = f"{part(canonical)}#"
        items = self._table.query_index(self._keys.names_order(), prefix=prefix, limit=most)
        return [_match_key(item) for item in islice(items, most)]


def changes(
    tenant_keys: Keys, user: str, before: Mapping[str, Any], after: Mapping[str, Any], now: str
) -> Iterator[Action]:
    """Yield the actions on a user's evidence items between two documents; {} is none."""
    if match_keys.is_unchanged(before, after):
        old, new = _inactive(before), _inactive(after)
    else:
        old, new = _evidence(before), _evidence(after)
    for evidence in sorted(old - new):
        yield Action("Delete", tenant_keys.evidence(user, *evidence))
    for evidence in sorted(new - old):
        key = tenant_keys.evidence(user, *evidence)
        yield Action("Put", key, item=index_attributes(tenant_keys, key, now))


def evidence_keys(tenant_keys: Keys, user: str, document: Mapping[str, Any]) -> Iterator[Key]:
    """Yield the keys of a user's evidence items."""
    for evidence in _evidence(document):
        yield tenant_keys.evidence(user, *evidence)


def index_attributes(tenant_keys: Keys, key: Key, now: str) -> Item:
    """Return the index attributes of the item with a lookup's or an evidence's key.

    `now` is the instant since which a user is inactive, where that is the evidence.
    """
    user, evidence = _read(key)
    if evidence is None:
        return {}
    canonical = (
        f"inactive:{now}" if evidence.source is Source.INACTIVE else part(evidence.canonical)
    )
    order = tenant_keys.evidence_order(canonical)
    if evidence.source is Source.NAME:
        order = tenant_keys.names_order()
    return {"gsi_pk": order, "gsi_sk": f"{canonical}#{evidence.source}#{user}"}


def former_attributes(tenant_keys: Keys, attributes: Item) -> Item:
    """Return the index attributes that earlier releases gave an item, which stay valid."""
    return {**attributes, "gsi_pk": tenant_keys.names_order()} if attributes else {}


def _evidence(document: Mapping[str, Any]) -> frozenset[tuple[Source, str]]:
    evidence = {(each.source, each.value) for each in match_keys.unindexed(document)}
    return _inactive(document) | evidence


def _inactive(document: Mapping[str, Any]) -> frozenset[tuple[Source, str]]:
    return frozenset({(Source.INACTIVE, "")} if document.get("active") is False else ())


def _match_key(item: Item) -> MatchKey:
    """Return the evidence of an item of the index."""
    canonical, source, _ = item["gsi_sk"].rsplit("#", 2)
    user, evidence = _read(item)
    value = evidence.value if evidence else ""
    return MatchKey(Evidence(canonical, Source(source), value), user, item["gsi_sk"])


def _read(key: Mapping[str, str]) -> tuple[str, Evidence | None]:
    """Return the user and the evidence of a key, None where it is no evidence."""
    kind, rest = key["pk"].split("#", 2)[1:]
    if kind == "LOOKUP":
        return identifier(key["sk"]), match_keys.of_index_entry(IndexEntry(*rest.split("#", 1)))
    source, _, value = key["sk"].partition("#")
    return rest, match_keys.of_stored(Source(source), value)
