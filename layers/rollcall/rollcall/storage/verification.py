"""Verification of a tenant: whether its items agree, and the repair of those that do not.

It reads every item of the tenant, which is a scan of the whole table. Repairs are conditional:
where writers corrected the items meanwhile, they change nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rollcall.aws.attribute_values import Item
from rollcall.model.access import NO_ACCESS, Access
from rollcall.model.account_link import AccountLink
from rollcall.model.actor import Actor
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.document_item import access_of, is_held, is_tombstone
from rollcall.storage.faults import Fault
from rollcall.storage.grant_items import GrantItems, is_in_force
from rollcall.storage.held_accounts import held_account, kept_lookups
from rollcall.storage.held_verification import HeldCheck
from rollcall.storage.index_verification import IndexCheck, PrimaryKey
from rollcall.storage.keys import Keys
from rollcall.storage.large_change_items import UnfinishedChange
from rollcall.storage.memberships import is_membership
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

_KINDS = {kind.value.upper(): kind for kind in Kind}

UNCHECKED = (
    "BOOKMARK",
    "BRAKE",
    "DUPLICATES",
    "GONE",
    "HANDOVER",
    "LOG",
    "NOTES",
    "NOTICES",
    "RATE",
    "TEMPLATES",
    "TOKENS",
    "USAGE",
)
"""Types of items that no other item has to agree with."""


RecomputeAccess = Callable[[Access, Iterable[Item]], Access | None]
"""Returns the access of a user by its grants, None where it is equal to the stored access."""


@dataclass
class _Stored:
    """The items of a tenant that have to agree; a group has `members`, a member `memberships`."""

    entries: IndexCheck
    documents: set[tuple[Kind, str]] = field(default_factory=set)
    pending: dict[str, str] = field(default_factory=dict)
    members: dict[tuple[str, str], Kind] = field(default_factory=dict)
    memberships: dict[tuple[str, str], Kind] = field(default_factory=dict)
    access: dict[str, Access] = field(default_factory=dict)
    grants: dict[str, dict[str, Item]] = field(default_factory=dict)
    counts: Counter[Kind] = field(default_factory=Counter)
    local: int = 0
    counted_local: int = 0
    unfinished: dict[PrimaryKey, UnfinishedChange] = field(default_factory=dict)
    unknown: list[PrimaryKey] = field(default_factory=list)
    held: HeldCheck = field(default_factory=HeldCheck)


def faults(
    table: Table, tenant: str, recompute: RecomputeAccess, *, moved: bool = False
) -> Iterator[Fault]:
    """Yield the faults of a tenant; `recompute` returns the access that grants give.

    `moved` says that all names are supposed to be under the keys of this release.
    """
    stored = _Stored(IndexCheck(Keys(tenant), moved))
    for item in table.scan(f"{tenant}#"):
        _read_item(stored, Keys(tenant), item)
    yield from _Check(stored, Keys(tenant), GrantItems(table, tenant), recompute).faults()


def _read_item(stored: _Stored, tenant_keys: Keys, item: Item) -> None:
    pk, sk = item["pk"], item["sk"]
    shape, _, rest = pk.removeprefix(f"{tenant_keys.tenant}#").partition("#")
    if shape in _KINDS:
        _read_resource(stored, tenant_keys, _KINDS[shape], item)
    elif shape in ("USERNAME", "GROUPNAME", "LOOKUP", "EVIDENCE"):
        stored.entries.add_item(item)
    elif shape == "COUNT":
        stored.counts[Kind(rest)] += int(item["amount"])
        stored.counted_local += int(item.get("unlinked", 0))
    elif shape == keys.UNFINISHED_DELETION:
        stored.unfinished[pk, sk] = UnfinishedChange(tenant_keys.tenant, sk, "", "")
    elif shape not in UNCHECKED:
        stored.unknown.append((pk, sk))


def _read_resource(stored: _Stored, tenant_keys: Keys, kind: Kind, item: Item) -> None:
    identifier, sk = keys.identifier(item["pk"]), item["sk"]
    other = keys.identifier(sk)
    if sk == keys.DOCUMENT:
        _read_document(stored, kind, identifier, item)
    elif sk.startswith(keys.MEMBER) and kind is Kind.GROUP:
        stored.members[identifier, item["member"]] = Kind(item["type"])
    elif sk.startswith(keys.GROUP if kind is Kind.USER else keys.PARENT):
        if is_membership(item):
            stored.memberships[other, identifier] = kind
    elif sk.startswith(keys.MEMBER_CHANGE) and kind is Kind.GROUP:
        change = sk.split("#")[1]
        primary_key = (item["pk"], f"{keys.MEMBER_CHANGE}{change}")
        stored.unfinished[primary_key] = UnfinishedChange(
            tenant_keys.tenant, identifier, change, ""
        )
    elif sk.startswith(keys.GRANT) and kind is Kind.USER:
        if is_in_force(item):
            stored.grants.setdefault(identifier, {})[sk.removeprefix(keys.GRANT)] = item
    elif sk == keys.HELD and kind is Kind.USER:
        _read_held(stored, tenant_keys, identifier, item)
    elif not (sk.startswith(keys.FLAG) and kind is Kind.USER):
        stored.unknown.append((item["pk"], sk))


def _read_document(stored: _Stored, kind: Kind, identifier: str, item: Item) -> None:
    if is_held(item):
        stored.held.tombstones[identifier] = item
    if is_tombstone(item):
        return
    stored.documents.add((kind, identifier))
    stored.entries.add_document(kind, identifier, json.loads(item["document"]))
    stored.local += AccountLink.of(item.get("link")).local
    if "access" in item:
        stored.access[identifier] = access_of(item)
    if "pending" in item:
        stored.pending[identifier] = item["pending"]


def _read_held(stored: _Stored, tenant_keys: Keys, identifier: str, item: Item) -> None:
    if (held := held_account(identifier, item)) is None:
        stored.unfinished[item["pk"], item["sk"]] = UnfinishedChange(
            tenant_keys.tenant, identifier, "", "", returned=True
        )
        return
    stored.held.accounts[identifier] = held
    stored.entries.add_lookups(identifier, kept_lookups(tenant_keys, held))


def _now() -> str:
    return instant(datetime.now(UTC))


@dataclass
class _Check:
    """Compares the items of a tenant with each other."""

    stored: _Stored
    tenant_keys: Keys
    grants: GrantItems
    recompute: RecomputeAccess

    def faults(self) -> Iterator[Fault]:
        for pk, sk in self.stored.unknown:
            yield Fault(f"{pk} {sk} is no item that is known here")
        for primary_key, unfinished in self.stored.unfinished.items():
            yield Fault(f"{' '.join(primary_key)} is begun and not finished", unfinished=unfinished)
        for group, change in self.stored.pending.items():
            key = self.tenant_keys.member_change(group, change, 0)
            if (key["pk"], f"{keys.MEMBER_CHANGE}{change}") not in self.stored.unfinished:
                yield Fault(
                    f"the group {group} waits for the change {change}, which is not there",
                    (self._pending_removal(group, change),),
                )
        yield from self.stored.entries.faults()
        yield from self._membership_faults()
        yield from self._grant_faults()
        yield from self.stored.held.faults(self.tenant_keys)
        for kind in Kind:
            living = sum(1 for found, _ in self.stored.documents if found is kind)
            if (counted := self.stored.counts[kind]) != living:
                yield Fault(
                    f"{counted} {kind.value.lower()}s are counted and {living} live",
                    (self._count_correction(kind, living - counted),),
                )
        # Fewer may be counted: local accounts that were created before they were counted.
        if (counted := self.stored.counted_local) > (local := self.stored.local):
            yield Fault(
                f"{counted} local accounts are counted and {local} live",
                (self._count_correction(Kind.USER, 0, local - counted),),
            )

    def _membership_faults(self) -> Iterator[Fault]:
        stored = self.stored
        unfinished_deletions = {
            change.id for change in stored.unfinished.values() if not change.change
        }
        for pair in stored.members.keys() | stored.memberships.keys():
            group, member = pair
            kind = stored.members.get(pair) or stored.memberships[pair]
            missing = [
                identifier
                for of, identifier in ((Kind.GROUP, group), (kind, member))
                if (of, identifier) not in stored.documents
            ]
            both = pair in stored.members and pair in stored.memberships
            if both and not missing:
                continue
            if missing and unfinished_deletions.issuperset(missing):
                continue  # its unfinished deletion ends its memberships
            problem = f"{missing[0]} does not live" if missing else "it has one side only"
            repairs = self._membership_repair(
                group, member, kind, keep=pair in stored.members and not missing
            )
            yield Fault(f"{member} is a member of {group}, and {problem}", repairs)

    def _grant_faults(self) -> Iterator[Fault]:
        for user in self.stored.grants.keys() | self.stored.access.keys():
            grants = self.stored.grants.get(user, {})
            access = self.stored.access.get(user, NO_ACCESS)
            if (Kind.USER, user) not in self.stored.documents:
                deletions = tuple(
                    Action("Delete", self.tenant_keys.grant(user, template)) for template in grants
                )
                yield Fault(f"the grants of {user} are left over", deletions)
                continue
            # A grant that follows a membership holds as long as that.
            left = [name for name, grant in grants.items() if not self._holds(user, grant)]
            grants = {name: grant for name, grant in grants.items() if name not in left}
            deletions = tuple(Action("Delete", self.tenant_keys.grant(user, name)) for name in left)
            versions = {template: int(grant["version"]) for template, grant in grants.items()}
            if not access.granted.items() <= versions.items():
                difference = f"{sorted(grants)} are stored, {sorted(access.granted)} are in force"
                yield Fault(f"the grants of {user} differ: {difference}")
            elif (computed := self.recompute(access, grants.values())) is not None:
                put = self.grants.access_update(user, access, computed, _now(), Actor())
                problem = f"the access of {user} is not what its grants give"
                yield Fault(problem, (put, *deletions))
            elif left:
                yield Fault(f"grants of {user} have no membership: {sorted(left)}", deletions)

    def _holds(self, user: str, grant: Item) -> bool:
        return not grant.get("follows") or (grant["group"], user) in self.stored.members

    def _membership_repair(
        self, group: str, member: str, kind: Kind, *, keep: bool
    ) -> tuple[Action, ...]:
        """Return the actions that put the missing item of the member, or delete both items."""
        item, other = (
            self.tenant_keys.member(group, member),
            self.tenant_keys.membership(kind, member, group),
        )
        if keep:
            return (
                Action("ConditionCheck", item, condition="attribute_exists(pk)"),
                Action("Put", other, condition="attribute_not_exists(pk)"),
            )
        return (Action("Delete", item), Action("Delete", other))

    def _pending_removal(self, group: str, change: str) -> Action:
        return Action(
            "Update",
            self.tenant_keys.document(Kind.GROUP, group),
            update="REMOVE pending",
            condition="pending = :change",
            values={":change": change},
        )

    def _count_correction(self, kind: Kind, amount: int, unlinked: int = 0) -> Action:
        return Action(
            "Update",
            self.tenant_keys.count(kind, 0),
            update="ADD amount :amount, unlinked :unlinked",
            values={":amount": amount, ":unlinked": unlinked},
        )
