"""Verification of claims, lookups and evidence against the documents that they come from.

Names that earlier releases stored under other keys are moved. Where two names have become the same,
both stay as they are and are reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from rollcall.aws.attribute_values import Item
from rollcall.scim import indexing
from rollcall.scim.indexing import IndexEntry
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import evidence_index, keys
from rollcall.storage.faults import Fault
from rollcall.storage.index_entries import claim_holders, claim_item
from rollcall.storage.keys import Key, Keys
from rollcall.storage.transactions import Action

PrimaryKey: TypeAlias = tuple[str, str]
"""The pk and the sk of an item."""


@dataclass(frozen=True)
class _Owner:
    """The resource of an item, and its index entry; None for evidence."""

    kind: Kind
    id: str
    entry: IndexEntry | None = None


@dataclass
class IndexCheck:
    """The stored index entries of a tenant, and those that its documents should have."""

    own: Keys
    moved: bool
    _stored: dict[PrimaryKey, list[str]] = field(default_factory=dict)
    _expected: dict[PrimaryKey, list[_Owner]] = field(default_factory=lambda: defaultdict(list))
    _former: dict[PrimaryKey, PrimaryKey] = field(default_factory=dict)
    _wrong_attributes: list[tuple[Key, Item]] = field(default_factory=list)

    def add_item(self, item: Item) -> None:
        """Add a stored item; its index attributes have to follow from its key."""
        place = item["pk"], item["sk"]
        if place[1] == keys.CLAIM:
            self._stored[place] = claim_holders(item)
            return
        is_evidence = place[0].startswith(f"{self.own.tenant}#EVIDENCE#")
        self._stored[place] = [keys.identifier(place[0] if is_evidence else place[1])]
        if place[1].startswith(f"{Kind.GROUP.value}#"):
            return
        key = {"pk": place[0], "sk": place[1]}
        since = str(item.get("gsi_sk", "")).removeprefix("inactive:").partition("#")[0]
        attributes = evidence_index.index_attributes(self.own, key, since or _now())
        if attributes != {name: item[name] for name in ("gsi_pk", "gsi_sk") if name in item}:
            self._wrong_attributes.append((key, attributes))

    def add_document(self, kind: Kind, identifier: str, document: Mapping[str, Any]) -> None:
        """Add the index entries that a document should have."""
        new, *others = indexing.claim(kind, document).forms
        place = _place(self.own.claim(kind, new))
        self._expected[place].append(_Owner(kind, identifier, new))
        for old in others:
            self._former[_place(self.own.claim(kind, old))] = place
        for entry in indexing.lookups(kind, document):
            key = self.own.lookup(kind, entry, identifier)
            self._expected[_place(key)] = [_Owner(kind, identifier, entry)]
        for old, entry in indexing.former_lookups(kind, document).items():
            key = self.own.lookup(kind, entry, identifier)
            self._former[_place(self.own.lookup(kind, old, identifier))] = _place(key)
        if kind is Kind.USER:
            for key in evidence_index.evidence_keys(self.own, identifier, document):
                self._expected[_place(key)] = [_Owner(kind, identifier)]

    def faults(self) -> Iterator[Fault]:
        """Yield the entries that do not agree, and names under keys of earlier releases."""
        for key, item in self._wrong_attributes:
            put = Action("Put", key, item=item, condition="attribute_exists(pk)")
            yield Fault(f"{key['pk']} {key['sk']} stands at a wrong place in the index", (put,))
        movable = {
            new: old
            for old, new in self._former.items()
            if old in self._stored and new not in self._stored
        }
        for place, owners in self._expected.items():
            yield from self._shared(place, owners)
            stored = self._stored.get(place)
            if stored is None:
                yield self._missing(place, owners, movable.get(place))
            elif stored[0] not in {each.id for each in owners}:
                yield Fault(f"{' '.join(place)} says {stored[0]} and belongs to {owners[0].id}")
        for place, stored in self._stored.items():
            if place not in self._expected and not self._stays(place, movable):
                yield Fault(f"{' '.join(place)} of {stored[0]} is left over", (self._drop(place),))

    def _shared(self, place: PrimaryKey, owners: list[_Owner]) -> Iterator[Fault]:
        """Yield faults of a name that several resources have."""
        holder, *also = self._stored.get(place, [owners[0].id])
        others = sorted(each.id for each in owners if each.id != holder)
        if len(others) == len(owners):
            return  # the claim is another resource's
        for each in others:
            sentence = f"{owners[0].kind.value} {holder} and {each} have one name: {place[0]}"
            yield Fault(sentence, former_key=True)
        if sorted(also) != others and place in self._stored and place[1] == keys.CLAIM:
            values = {":id": holder} | ({":also": others} if others else {})
            update = "SET also = :also" if others else "REMOVE also"
            key = {"pk": place[0], "sk": place[1]}
            note = Action("Update", key, update=update, condition="id = :id", values=values)
            yield Fault(f"{' '.join(place)} does not say who else has the name", (note,))

    def _missing(self, place: PrimaryKey, owners: list[_Owner], old: PrimaryKey | None) -> Fault:
        """Return that an item is missing, or still stands under the key of an earlier release."""
        owner = owners[0]
        if old is None:
            put = self._put(place, owner, owners)
            return Fault(f"{' '.join(place)} of {owner.id} is missing", (put,))
        holder = self._stored[old][0]
        owner = next((each for each in owners if each.id == holder), owner)
        sentence = f"{' '.join(old)} of {owner.id} is under the key of an earlier release"
        return Fault(sentence, (self._put(place, owner, owners), self._drop(old)), former_key=True)

    def _stays(self, place: PrimaryKey, movable: Mapping[PrimaryKey, PrimaryKey]) -> bool:
        """Tell whether an entry of no document stays: a former name, or one to be moved."""
        if (new := self._former.get(place)) is None:
            return False
        if new in movable:
            return True
        return place[1] == keys.CLAIM and (not self.moved or self._is_others(place, new))

    def _is_others(self, place: PrimaryKey, new: PrimaryKey) -> bool:
        """Tell whether another resource has the name of today of the former name's owner."""
        return self._stored[place][0] != self._stored[new][0]

    def _put(self, place: PrimaryKey, owner: _Owner, owners: list[_Owner]) -> Action:
        """Return the action that puts a missing entry for one of its owners."""
        key, item = {"pk": place[0], "sk": place[1]}, {}
        if place[1] == keys.CLAIM:
            assert owner.entry is not None  # noqa: S101  # only evidence has none
            item = claim_item(self.own, owner.kind, owner.entry, owner.id, listed=True)
            if also := sorted(each.id for each in owners if each.id != owner.id):
                item["also"] = also
        elif owner.kind is Kind.USER:
            # The instant since which a user is inactive is lost; it counts from now.
            item = evidence_index.index_attributes(self.own, key, _now())
        return Action("Put", key, item=item, condition="attribute_not_exists(pk)")

    def _drop(self, place: PrimaryKey) -> Action:
        condition, values = "attribute_exists(pk)", {}
        if place[1] == keys.CLAIM:
            condition, values = "id = :id", {":id": self._stored[place][0]}
        key = {"pk": place[0], "sk": place[1]}
        return Action("Delete", key, condition=condition, values=values)


def _place(key: Key) -> PrimaryKey:
    return key["pk"], key["sk"]


def _now() -> str:
    return instant(datetime.now(UTC))
