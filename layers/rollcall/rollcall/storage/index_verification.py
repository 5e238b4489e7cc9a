"""Verification of claims, lookups and evidence against the documents that they come from.

Names that earlier releases stored under other keys are moved. Where two names have become the same,
both stay as they are and are reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
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

    tenant_keys: Keys
    moved: bool
    _stored: dict[PrimaryKey, list[str]] = field(default_factory=dict)
    _expected: dict[PrimaryKey, list[_Owner]] = field(default_factory=lambda: defaultdict(list))
    _former: dict[PrimaryKey, PrimaryKey] = field(default_factory=dict)
    _wrong_attributes: list[tuple[Key, Item]] = field(default_factory=list)

    def add_item(self, item: Item) -> None:
        """Add a stored item, and note it when its index attributes do not follow from its key."""
        primary_key = item["pk"], item["sk"]
        if primary_key[1] == keys.CLAIM:
            self._stored[primary_key] = claim_holders(item)
            return
        is_evidence = primary_key[0].startswith(f"{self.tenant_keys.tenant}#EVIDENCE#")
        self._stored[primary_key] = [
            keys.identifier(primary_key[0] if is_evidence else primary_key[1])
        ]
        if primary_key[1].startswith(f"{Kind.GROUP.value}#"):
            return
        key = {"pk": primary_key[0], "sk": primary_key[1]}
        since = str(item.get("gsi_sk", "")).removeprefix("inactive:").partition("#")[0]
        attributes = evidence_index.index_attributes(self.tenant_keys, key, since or _now())
        stored = {name: item[name] for name in ("gsi_pk", "gsi_sk") if name in item}
        if stored not in (
            attributes,
            evidence_index.former_attributes(self.tenant_keys, attributes),
        ):
            self._wrong_attributes.append((key, attributes))

    def add_document(self, kind: Kind, identifier: str, document: Mapping[str, Any]) -> None:
        """Add the index entries that a document should have."""
        new, *others = indexing.claim(kind, document).forms
        primary_key = _primary_key(self.tenant_keys.claim(kind, new))
        self._expected[primary_key].append(_Owner(kind, identifier, new))
        for old in others:
            self._former[_primary_key(self.tenant_keys.claim(kind, old))] = primary_key
        for entry in indexing.lookups(kind, document):
            key = self.tenant_keys.lookup(kind, entry, identifier)
            self._expected[_primary_key(key)] = [_Owner(kind, identifier, entry)]
        for old, entry in indexing.former_lookups(kind, document).items():
            key = self.tenant_keys.lookup(kind, entry, identifier)
            self._former[_primary_key(self.tenant_keys.lookup(kind, old, identifier))] = (
                _primary_key(key)
            )
        if kind is Kind.USER:
            for key in evidence_index.evidence_keys(self.tenant_keys, identifier, document):
                self._expected[_primary_key(key)] = [_Owner(kind, identifier)]

    def add_lookups(self, identifier: str, lookups: Iterable[Key]) -> None:
        """Add the lookups that a held account should have."""
        for key in lookups:
            self._expected[_primary_key(key)] = [_Owner(Kind.USER, identifier)]

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
        for primary_key, owners in self._expected.items():
            yield from self._shared_name_faults(primary_key, owners)
            stored = self._stored.get(primary_key)
            if stored is None:
                yield self._missing_fault(primary_key, owners, movable.get(primary_key))
            elif stored[0] not in {owner.id for owner in owners}:
                yield Fault(
                    f"{' '.join(primary_key)} says {stored[0]} and belongs to {owners[0].id}"
                )
        for primary_key, stored in self._stored.items():
            if primary_key not in self._expected and not self._is_former_key(primary_key, movable):
                yield Fault(
                    f"{' '.join(primary_key)} of {stored[0]} is left over",
                    (self._deletion(primary_key),),
                )

    def _shared_name_faults(self, primary_key: PrimaryKey, owners: list[_Owner]) -> Iterator[Fault]:
        """Yield faults of a name that several resources have."""
        holder, *also = self._stored.get(primary_key, [owners[0].id])
        others = sorted(owner.id for owner in owners if owner.id != holder)
        if len(others) == len(owners):
            return  # the claim is another resource's
        for other in others:
            sentence = (
                f"{owners[0].kind.value} {holder} and {other} have one name: {primary_key[0]}"
            )
            yield Fault(sentence, former_key=True)
        if sorted(also) != others and primary_key in self._stored and primary_key[1] == keys.CLAIM:
            values = {":id": holder} | ({":also": others} if others else {})
            update = "SET also = :also" if others else "REMOVE also"
            key = {"pk": primary_key[0], "sk": primary_key[1]}
            note = Action("Update", key, update=update, condition="id = :id", values=values)
            yield Fault(f"{' '.join(primary_key)} does not say who else has the name", (note,))

    def _missing_fault(
        self, primary_key: PrimaryKey, owners: list[_Owner], old: PrimaryKey | None
    ) -> Fault:
        """Return the fault of an item that is missing or under the key of an earlier release."""
        owner = owners[0]
        if old is None:
            put = self._creation(primary_key, owner, owners)
            return Fault(f"{' '.join(primary_key)} of {owner.id} is missing", (put,))
        holder = self._stored[old][0]
        owner = next((other for other in owners if other.id == holder), owner)
        sentence = f"{' '.join(old)} of {owner.id} is under the key of an earlier release"
        return Fault(
            sentence,
            (self._creation(primary_key, owner, owners), self._deletion(old)),
            former_key=True,
        )

    def _is_former_key(
        self, primary_key: PrimaryKey, movable: Mapping[PrimaryKey, PrimaryKey]
    ) -> bool:
        """Tell whether an entry is under a former key that stays, or is moved with its new one."""
        if (new := self._former.get(primary_key)) is None:
            return False
        if new in movable:
            return True
        return primary_key[1] == keys.CLAIM and (
            not self.moved or self._is_claimed_by_another(primary_key, new)
        )

    def _is_claimed_by_another(self, primary_key: PrimaryKey, new: PrimaryKey) -> bool:
        """Tell whether the claims under a name's former key and today's key differ."""
        return self._stored[primary_key][0] != self._stored[new][0]

    def _creation(self, primary_key: PrimaryKey, owner: _Owner, owners: list[_Owner]) -> Action:
        """Return the action that puts a missing entry for one of its owners."""
        key, item = {"pk": primary_key[0], "sk": primary_key[1]}, {}
        if primary_key[1] == keys.CLAIM:
            assert owner.entry is not None  # noqa: S101  # only evidence has none
            item = claim_item(self.tenant_keys, owner.kind, owner.entry, owner.id, listed=True)
            if also := sorted(other.id for other in owners if other.id != owner.id):
                item["also"] = also
        elif owner.kind is Kind.USER:
            # The instant since which a user is inactive is lost; it counts from now.
            item = evidence_index.index_attributes(self.tenant_keys, key, _now())
        return Action("Put", key, item=item, condition="attribute_not_exists(pk)")

    def _deletion(self, primary_key: PrimaryKey) -> Action:
        condition, values = "attribute_exists(pk)", {}
        if primary_key[1] == keys.CLAIM:
            condition, values = "id = :id", {":id": self._stored[primary_key][0]}
        key = {"pk": primary_key[0], "sk": primary_key[1]}
        return Action("Delete", key, condition=condition, values=values)


def _primary_key(key: Key) -> PrimaryKey:
    return key["pk"], key["sk"]


def _now() -> str:
    return instant(datetime.now(UTC))
