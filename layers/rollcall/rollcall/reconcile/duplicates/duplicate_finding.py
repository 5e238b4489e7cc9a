"""Findings: whether a group of accounts with the same evidence belongs to one person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from rollcall.model import match_keys
from rollcall.model.match_keys import Source
from rollcall.reconcile.duplicates.match_group import MatchGroup

MAX_SHARED = 10
"""The accounts that may share a value; with more it is taken for a team's, not a person's."""

PAIR = 2


class FindingKind(StrEnum):
    """The kinds of findings, the worst first."""

    DUPLICATE = "duplicate"
    """Several accounts of one person."""
    RECREATED = "recreated"
    """A live account beside one that the identity provider deleted softly."""
    POSSIBLE = "possible"
    """Weak hints only."""
    UNMANAGED = "unmanaged"
    """An account that is inactive for long; the DELETE that should follow never came."""


class Reason(StrEnum):
    """Why accounts seem to belong to one person, the strongest first."""

    ADDRESS = "address"
    USER_NAME = "userName"
    EMPLOYEE_NUMBER = "employeeNumber"
    ALIAS = "alias"
    FULL_NAME = "fullName"
    """A local account and one that the identity provider created later, the only two of a name."""
    SHARED = "shared"
    NAME = "name"
    INACTIVE = "inactive"


WEAK = frozenset({Reason.NAME, Reason.SHARED})


@dataclass(frozen=True, order=True)
class Ground:
    """A reason and the value that it rests on."""

    reason: Reason
    value: str


@dataclass(frozen=True)
class FindingAccount:
    """The values of an account that findings look at; times are RFC 3339 in UTC.

    `linked`: the identity provider knows the account. `created_linked`: it created the account.
    `soft_deleted`: Entra ID deleted the person softly. `service`: an operator marked it as a
    service account. The employee number and the telephone numbers are in their canonical form.
    """

    id: str
    user_name: str
    name: str = ""
    emails: tuple[str, ...] = ()
    active: bool = True
    created: str = ""
    linked: bool = True
    soft_deleted: bool = False
    service: bool = False
    created_linked: bool = True
    employee_number: str = ""
    telephones: frozenset[str] = frozenset()


@dataclass(frozen=True)
class DuplicateFinding:
    """Accounts that belong to one person, and why; `count` is their number, at least."""

    accounts: tuple[str, ...]
    grounds: frozenset[Ground]
    recreated: bool = False
    count: int = 0

    @property
    def id(self) -> str:
        """The id: the same accounts have the same id, whatever the grounds."""
        unmanaged = self.kind is FindingKind.UNMANAGED
        text = "\n".join([*(["unmanaged"] if unmanaged else []), *self.accounts])
        return sha256(text.encode()).hexdigest()[:12]

    @property
    def kind(self) -> FindingKind:
        """The kind that follows from the grounds."""
        reasons = {ground.reason for ground in self.grounds}
        if reasons == {Reason.INACTIVE}:
            return FindingKind.UNMANAGED
        if reasons <= WEAK:
            return FindingKind.POSSIBLE
        return FindingKind.RECREATED if self.recreated else FindingKind.DUPLICATE

    def with_grounds(self, grounds: Iterable[Ground]) -> DuplicateFinding:
        """Return the finding with further grounds."""
        return replace(self, grounds=self.grounds | frozenset(grounds))


def is_candidate(group: MatchGroup, cutoff: datetime) -> bool:
    """Tell whether a group can be a finding; most values belong to one account."""
    if group.canonical.startswith("inactive:"):
        return _since(group) <= cutoff
    return group.count > 1


def judge_group(
    group: MatchGroup, accounts: Mapping[str, FindingAccount], cutoff: datetime
) -> Iterator[DuplicateFinding]:
    """Yield the findings of a group; `accounts` are those of its accounts that still exist.

    An account that is inactive since `cutoff` or longer is unmanaged.
    """
    present = {
        identifier: accounts[identifier]
        for identifier in sorted(group.accounts)
        if identifier in accounts and not accounts[identifier].service
    }
    if group.canonical.startswith("inactive:"):
        if _since(group) <= cutoff:
            ground = Ground(Reason.INACTIVE, group.canonical.partition(":")[2])
            for identifier, account in present.items():
                if not account.active:
                    yield DuplicateFinding((identifier,), frozenset({ground}), count=1)
        return
    live = [account for account in present.values() if not account.soft_deleted]
    # Entra ID deletes soft-deleted accounts itself; they matter only beside a live one.
    if not live or len(present) < 2:
        return
    count = group.count - (len(group.accounts) - len(present))
    yield DuplicateFinding(
        tuple(present),
        frozenset(_grounds(group, present, count)),
        recreated=len(live) == 1,
        count=count,
    )


def is_one_person(one: FindingAccount, other: FindingAccount) -> bool:
    """Tell whether the only two accounts with one full name belong to one person.

    They do when one is local and the identity provider, which did not find it, created the other
    later. Accounts with different employee numbers or telephone numbers belong to two people.
    """
    local, new = (other, one) if one.linked else (one, other)
    if local.linked or not (new.linked and new.created_linked) or new.created < local.created:
        return False
    if local.soft_deleted or new.soft_deleted or not _same_full_name(local.name, new.name):
        return False
    numbers = {local.employee_number, new.employee_number} - {""}
    differ = local.telephones and new.telephones and local.telephones.isdisjoint(new.telephones)
    return len(numbers) < PAIR and not differ


def _same_full_name(one: str, other: str) -> bool:
    both_full = match_keys.is_full_name(one) and match_keys.is_full_name(other)
    keys = [match_keys.of_name(name) for name in (one, other)]
    return both_full and len({key.canonical for key in keys if key is not None}) == 1


def merge_findings(findings: Iterable[DuplicateFinding]) -> dict[str, DuplicateFinding]:
    """Return findings by id, with the grounds of those about the same accounts together."""
    merged: dict[str, DuplicateFinding] = {}
    for finding in findings:
        known = merged.get(finding.id)
        merged[finding.id] = finding if known is None else known.with_grounds(finding.grounds)
    return merged


def _grounds(
    group: MatchGroup, present: Mapping[str, FindingAccount], count: int
) -> Iterator[Ground]:
    kind, _, value = group.canonical.partition(":")
    if kind == "name":
        is_same = count == PAIR and is_one_person(*present.values())
        yield Ground(Reason.FULL_NAME if is_same else Reason.NAME, value)
    elif group.count > MAX_SHARED:
        yield Ground(Reason.SHARED, value)
    elif kind == "number":
        yield Ground(Reason.EMPLOYEE_NUMBER, value)
    elif kind == "login":
        yield Ground(Reason.USER_NAME, value)
    else:
        yield from _address_grounds(group, present, value)


def _address_grounds(
    group: MatchGroup, present: Mapping[str, FindingAccount], value: str
) -> Iterator[Ground]:
    by_address: dict[str, dict[str, set[Source]]] = {}
    for key in group.match_keys:
        if key.account in present:
            accounts = by_address.setdefault(key.evidence.value, {})
            accounts.setdefault(key.account, set()).add(key.evidence.source)
    for address, accounts in by_address.items():
        if len(accounts) > 1:
            by_mail = sum(Source.EMAIL in sources for sources in accounts.values())
            yield Ground(Reason.ADDRESS if by_mail > 1 else Reason.USER_NAME, address)
    if not any(len(accounts) == len(present) for accounts in by_address.values()):
        yield Ground(Reason.ALIAS, value)


def _since(group: MatchGroup) -> datetime:
    return datetime.fromisoformat(group.canonical.partition(":")[2])
