"""What a group of accounts with the same evidence means: the same person twice, or not."""

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
"""How many accounts may share a value before it is a team's mailbox rather than a person's."""


PAIR = 2


class FindingKind(StrEnum):
    """What a finding says, the worst first."""

    DUPLICATE = "duplicate"
    """Several accounts of one person."""
    RECREATED = "recreated"
    """A live account beside one that the identity provider deleted softly."""
    POSSIBLE = "possible"
    """Nothing but weak hints."""
    UNMANAGED = "unmanaged"
    """Inactive for long, without the DELETE that should have followed."""


class Reason(StrEnum):
    """Why accounts are taken for one person's, the strongest first."""

    ADDRESS = "address"
    USER_NAME = "userName"
    EMPLOYEE_NUMBER = "employeeNumber"
    ALIAS = "alias"
    FULL_NAME = "fullName"
    """A local account, and one that the identity provider created later, each the only one."""
    SHARED = "shared"
    NAME = "name"
    INACTIVE = "inactive"


WEAK = frozenset({Reason.NAME, Reason.SHARED})


@dataclass(frozen=True, order=True)
class Ground:
    """A reason and the value behind it."""

    reason: Reason
    value: str


@dataclass(frozen=True)
class FindingAccount:
    """What is looked at of an account. Instants are RFC 3339 in UTC.

    `linked` says that the identity provider knows it, `created_linked` that it made it, `former`
    that Entra ID deleted the person softly, `service` that an operator marked the account as no
    person's. Employee number and telephone numbers are as they are compared.
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
    """Accounts that are one person's for the grounds given; `count` is how many at least."""

    accounts: tuple[str, ...]
    grounds: frozenset[Ground]
    recreated: bool = False
    count: int = 0

    @property
    def id(self) -> str:
        """Name the finding: the same accounts have the same finding, whatever the grounds."""
        unmanaged = self.kind is FindingKind.UNMANAGED
        text = "\n".join([*(["unmanaged"] if unmanaged else []), *self.accounts])
        return sha256(text.encode()).hexdigest()[:12]

    @property
    def kind(self) -> FindingKind:
        """What the finding says."""
        reasons = {each.reason for each in self.grounds}
        if reasons == {Reason.INACTIVE}:
            return FindingKind.UNMANAGED
        if reasons <= WEAK:
            return FindingKind.POSSIBLE
        return FindingKind.RECREATED if self.recreated else FindingKind.DUPLICATE

    def with_grounds(self, grounds: Iterable[Ground]) -> DuplicateFinding:
        """Return the same finding for these grounds as well."""
        return replace(self, grounds=self.grounds | frozenset(grounds))


def is_candidate(group: MatchGroup, cutoff: datetime) -> bool:
    """Tell whether a group has to be judged; most values are one account's."""
    if group.canonical.startswith("inactive:"):
        return _since(group) <= cutoff
    return group.count > 1


def judge_group(
    group: MatchGroup, accounts: Mapping[str, FindingAccount], cutoff: datetime
) -> Iterator[DuplicateFinding]:
    """Yield what a group means, given its accounts as far as they are there.

    Who is inactive since `cutoff` or before is unmanaged.
    """
    present = {
        each: accounts[each]
        for each in sorted(group.accounts)
        if each in accounts and not accounts[each].service
    }
    if group.canonical.startswith("inactive:"):
        if _since(group) <= cutoff:
            ground = Ground(Reason.INACTIVE, group.canonical.partition(":")[2])
            for each, account in present.items():
                if not account.active:
                    yield DuplicateFinding((each,), frozenset({ground}), count=1)
        return
    live = [each for each, account in present.items() if not account.soft_deleted]
    # Those that Entra ID deleted softly go by themselves, unless somebody stands beside them.
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
    """Tell whether the only two accounts of one full name are those of a person who has two.

    One is local, and the identity provider, which did not find it, created the other later. People
    whose employee numbers or telephone numbers differ are two.
    """
    local, made = (other, one) if one.linked else (one, other)
    if local.linked or not (made.linked and made.created_linked) or made.created < local.created:
        return False
    if local.soft_deleted or made.soft_deleted or not _same_full_name(local.name, made.name):
        return False
    numbers = {local.employee_number, made.employee_number} - {""}
    differ = local.telephones and made.telephones and local.telephones.isdisjoint(made.telephones)
    return len(numbers) < PAIR and not differ


def _same_full_name(one: str, other: str) -> bool:
    full = match_keys.is_full_name(one) and match_keys.is_full_name(other)
    names = [match_keys.of_name(each) for each in (one, other)]
    return full and len({each.canonical for each in names if each is not None}) == 1


def merge_findings(findings: Iterable[DuplicateFinding]) -> dict[str, DuplicateFinding]:
    """Return findings by id, those about the same accounts as one."""
    merged: dict[str, DuplicateFinding] = {}
    for each in findings:
        known = merged.get(each.id)
        merged[each.id] = each if known is None else known.with_grounds(each.grounds)
    return merged


def _grounds(
    group: MatchGroup, present: Mapping[str, FindingAccount], count: int
) -> Iterator[Ground]:
    what, _, value = group.canonical.partition(":")
    if what == "name":
        same = count == PAIR and is_one_person(*present.values())
        yield Ground(Reason.FULL_NAME if same else Reason.NAME, value)
    elif group.count > MAX_SHARED:
        yield Ground(Reason.SHARED, value)
    elif what == "number":
        yield Ground(Reason.EMPLOYEE_NUMBER, value)
    elif what == "login":
        yield Ground(Reason.USER_NAME, value)
    else:
        yield from _of_addresses(group, present, value)


def _of_addresses(
    group: MatchGroup, present: Mapping[str, FindingAccount], value: str
) -> Iterator[Ground]:
    bearers: dict[str, dict[str, set[Source]]] = {}
    for each in group.match_keys:
        if each.account in present:
            of = bearers.setdefault(each.evidence.value, {})
            of.setdefault(each.account, set()).add(each.evidence.source)
    for address, of in bearers.items():
        if len(of) > 1:
            by_mail = sum(Source.EMAIL in sources for sources in of.values())
            yield Ground(Reason.ADDRESS if by_mail > 1 else Reason.USER_NAME, address)
    if not any(len(of) == len(present) for of in bearers.values()):
        yield Ground(Reason.ALIAS, value)


def _since(group: MatchGroup) -> datetime:
    return datetime.fromisoformat(group.canonical.partition(":")[2])
