"""Whether claims, lookups and evidence agree with the documents that they are derived from.

Names that earlier releases put under other keys are moved; where two names are one by now, both
stay as they are and people are told.
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
    """The resource that an item is of, and the entry that it stands for; of evidence None."""

    kind: Kind
    id: str
    entry: IndexEntry | None = None


@dataclass
class IndexCheck:
    """What is stored of a tenant's claims, lookups and evidence, and what its documents want."""

    own: Keys
    moved: bool
    _held: dict[PrimaryKey, list[str]] = field(default_factory=dict)
    _wanted: dict[PrimaryKey, list[_Owner]] = field(default_factory=lambda: defaultdict(list))
    _former: dict[PrimaryKey, PrimaryKey] = field(default_factory=dict)
    _unborne: list[tuple[Key, Item]] = field(default_factory=list)

    def add_item(self, item: Item) -> None:
        """Note an item, and whether the evidence that it bears is what its key says."""
        place = item["pk"], item["sk"]
        if place[1] == keys.CLAIM:
            self._held[place] = claim_holders(item)
            return
        is_evidence = place[0].startswith(f"{self.own.tenant}#EVIDENCE#")
        self._held[place] = [keys.identifier(place[0] if is_evidence else place[1])]
        if place[1].startswith(f"{Kind.GROUP.value}#"):
            return
        key = {"pk": place[0], "sk": place[1]}
        since = str(item.get("gsi_sk", "")).removeprefix("inactive:").partition("#")[0]
        borne = evidence_index.index_attributes(self.own, key, since or _now())
        if borne != {name: item[name] for name in ("gsi_pk", "gsi_sk") if name in item}:
            self._unborne.append((key, borne))

    def add_document(self, kind: Kind, identifier: str, document: Mapping[str, Any]) -> None:
        """Note what a document wants to stand in the index."""
        new, *others = indexing.claim(kind, document).forms
        place = _place(self.own.claim(kind, new))
        self._wanted[place].append(_Owner(kind, identifier, new))
        for old in others:
            self._former[_place(self.own.claim(kind, old))] = place
        for entry in indexing.lookups(kind, document):
            key = self.own.lookup(kind, entry, identifier)
            self._wanted[_place(key)] = [_Owner(kind, identifier, entry)]
        for old, entry in indexing.superseded(kind, document).items():
            key = self.own.lookup(kind, entry, identifier)
            self._former[_place(self.own.lookup(kind, old, identifier))] = _place(key)
        if kind is Kind.USER:
            for key in evidence_index.evidence_keys(self.own, identifier, document):
                self._wanted[_place(key)] = [_Owner(kind, identifier)]

    def faults(self) -> Iterator[Fault]:
        """Yield what does not agree, and what is not moved yet."""
        for key, item in self._unborne:
            put = Action("Put", key, item=item, condition="attribute_exists(pk)")
            yield Fault(f"{key['pk']} {key['sk']} stands at a wrong place in the index", (put,))
        movable = {
            new: old
            for old, new in self._former.items()
            if old in self._held and new not in self._held
        }
        for place, owners in self._wanted.items():
            yield from self._shared(place, owners)
            held = self._held.get(place)
            if held is None:
                yield self._missing(place, owners, movable.get(place))
            elif held[0] not in {each.id for each in owners}:
                yield Fault(f"{' '.join(place)} says {held[0]} and belongs to {owners[0].id}")
        for place, held in self._held.items():
            if place not in self._wanted and not self._stays(place, movable):
                yield Fault(f"{' '.join(place)} of {held[0]} is left over", (self._drop(place),))

    def _shared(self, place: PrimaryKey, owners: list[_Owner]) -> Iterator[Fault]:
        """Yield that resources share a name, and that its claim does not name just these."""
        holder, *also = self._held.get(place, [owners[0].id])
        others = sorted(each.id for each in owners if each.id != holder)
        if len(others) == len(owners):
            return  # it is somebody else's
        for each in others:
            said = f"{owners[0].kind.value} {holder} and {each} have one name: {place[0]}"
            yield Fault(said, former_key=True)
        if sorted(also) != others and place in self._held and place[1] == keys.CLAIM:
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
        holder = self._held[old][0]
        owner = next((each for each in owners if each.id == holder), owner)
        said = f"{' '.join(old)} of {owner.id} is under the key of an earlier release"
        return Fault(said, (self._put(place, owner, owners), self._drop(old)), former_key=True)

    def _stays(self, place: PrimaryKey, movable: Mapping[PrimaryKey, PrimaryKey]) -> bool:
        """Tell whether what no document wants stays: as a former name, or until it is moved."""
        if (new := self._former.get(place)) is None:
            return False
        if new in movable:
            return True
        return place[1] == keys.CLAIM and (not self.moved or self._is_others(place, new))

    def _is_others(self, place: PrimaryKey, new: PrimaryKey) -> bool:
        """Tell whether a former name is of somebody whose name of today is another's, too."""
        return self._held[place][0] != self._held[new][0]

    def _put(self, place: PrimaryKey, owner: _Owner, owners: list[_Owner]) -> Action:
        """Return the action that puts an item for one of those who want it."""
        key, item = {"pk": place[0], "sk": place[1]}, {}
        if place[1] == keys.CLAIM:
            assert owner.entry is not None  # noqa: S101  # only evidence has none
            item = claim_item(self.own, owner.kind, owner.entry, owner.id, listed=True)
            if also := sorted(each.id for each in owners if each.id != owner.id):
                item["also"] = also
        elif owner.kind is Kind.USER:
            # Since when a user is inactive is not known any more; it counts from now.
            item = evidence_index.index_attributes(self.own, key, _now())
        return Action("Put", key, item=item, condition="attribute_not_exists(pk)")

    def _drop(self, place: PrimaryKey) -> Action:
        condition, values = "attribute_exists(pk)", {}
        if place[1] == keys.CLAIM:
            condition, values = "id = :id", {":id": self._held[place][0]}
        key = {"pk": place[0], "sk": place[1]}
        return Action("Delete", key, condition=condition, values=values)


def _place(key: Key) -> PrimaryKey:
    return key["pk"], key["sk"]


def _now() -> str:
    return instant(datetime.now(UTC))
