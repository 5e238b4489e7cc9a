"""The evidence of one tenant's users: written with them, read back as one ordered pass.

What a lookup item stands for is evidence that the item itself bears, by its keys in the index;
the rest stands in items of its own. What an item bears follows from its key.
"""

from __future__ import annotations

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
    """The evidence of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def all(self, after: str = "") -> Iterator[MatchKey]:
        """Yield all evidence in the order of the canonical value, behind a position."""
        yield from map(_clue, self._table.query_index(self._keys.evidence_order(), after=after))

    def with_value(self, canonical: str, most: int) -> list[MatchKey]:
        """Return the evidence with one canonical value, at most so many pieces, in one query."""
        prefix = f"{part(canonical)}#"
        found = self._table.query_index(self._keys.evidence_order(), prefix=prefix, limit=most)
        return [_clue(item) for item in islice(found, most)]


def changes(
    own: Keys, user: str, before: Mapping[str, Any], after: Mapping[str, Any], now: str
) -> Iterator[Action]:
    """Yield what changes of a user's evidence items between two documents; empty is none."""
    if match_keys.is_unchanged(before, after):
        old, new = _inactive(before), _inactive(after)
    else:
        old, new = _pieces(before), _pieces(after)
    for piece in sorted(old - new):
        yield Action("Delete", own.evidence(user, *piece))
    for piece in sorted(new - old):
        key = own.evidence(user, *piece)
        yield Action("Put", key, item=index_attributes(own, key, now))


def evidence_keys(own: Keys, user: str, document: Mapping[str, Any]) -> Iterator[Key]:
    """Yield the keys of a user's evidence items."""
    for piece in _pieces(document):
        yield own.evidence(user, *piece)


def index_attributes(own: Keys, key: Key, now: str) -> Item:
    """Return what the item under a lookup's or an evidence's key bears for the index.

    `now` is since when a user is inactive, where that is the evidence.
    """
    user, found = _read(key)
    if found is None:
        return {}
    canonical = f"inactive:{now}" if found.source is Source.INACTIVE else part(found.canonical)
    return {"gsi_pk": own.evidence_order(), "gsi_sk": f"{canonical}#{found.source}#{user}"}


def _pieces(document: Mapping[str, Any]) -> frozenset[tuple[Source, str]]:
    pieces = {(each.source, each.value) for each in match_keys.apart(document)}
    return _inactive(document) | pieces


def _inactive(document: Mapping[str, Any]) -> frozenset[tuple[Source, str]]:
    return frozenset({(Source.INACTIVE, "")} if document.get("active") is False else ())


def _clue(item: Item) -> MatchKey:
    """Return the evidence that an item of the index bears."""
    canonical, source, _ = item["gsi_sk"].rsplit("#", 2)
    user, found = _read(item)
    value = found.value if found else ""
    return MatchKey(Evidence(canonical, Source(source), value), user, item["gsi_sk"])


def _read(key: Mapping[str, str]) -> tuple[str, Evidence | None]:
    """Return the user and the evidence that a key stands for."""
    kind, rest = key["pk"].split("#", 2)[1:]
    if kind == "LOOKUP":
        return identifier(key["sk"]), match_keys.borne(IndexEntry(*rest.split("#", 1)))
    source, _, value = key["sk"].partition("#")
    return rest, match_keys.again(Source(source), value)
