"""The accounts of one full name: looked up by it when the identity provider creates one more.

The report finds the same, by its pass over everything. What a lookup misses because the index lags
behind by a moment is left to it, and so is a name that arrives after the creation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rollcall.reconcile.duplicates.accounts import Accounts, account
from rollcall.reconcile.duplicates.book import Book, Case
from rollcall.reconcile.duplicates.detection import Group
from rollcall.reconcile.duplicates.findings import Account, Finding, Kind, Reason, judge
from rollcall.scim import evidence
from rollcall.scim.errors import Unavailable
from rollcall.scim.evidence import Clue
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind as Type
from rollcall.storage.actions import Action
from rollcall.storage.findings import Findings
from rollcall.storage.identity import Identity
from rollcall.storage.notices import Notices
from rollcall.storage.origin import Origin
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table

MAX_NAMESAKES = 20
"""How many accounts of one name are looked at; where there are more, a name says nothing."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Created:
    """The duplicate that a creation makes: what the log says of it, and what goes with it."""

    detail: str
    actions: list[Action] = field(repr=False)


@dataclass(frozen=True)
class Namesakes:
    """The accounts of one tenant, by their full names."""

    identity: Identity
    book: Book

    @classmethod
    def of(cls, table: Table, tenant: str) -> Namesakes:
        """Return the accounts of a tenant."""
        findings = Findings(table, tenant)
        book = Book(findings, Accounts(Resources(table, tenant), findings))
        return cls(Identity(table, tenant), book)

    def created(self, origin: Origin, record: Record) -> Created | None:
        """Return the duplicate that the creation of a user makes, on behalf of an origin.

        Costs a query of the index, and a read where that finds somebody. It fails no creation.
        """
        newcomer = account(record, created_linked=True)
        name = evidence.of_name(newcomer.name)
        if name is None or not evidence.is_full_name(newcomer.name):
            return None
        try:
            finding = self._duplicate(name.canonical, [newcomer])
        except Unavailable:
            return None
        if finding is None:
            return None
        (local,) = (each for each in finding.accounts if each != newcomer.id)
        detail = f"has the full name of the local account User/{local}: finding {finding.id}"
        opening = self.book.opening(finding, record.created)
        return Created(detail, [*opening, self._event(finding, origin)])

    def still(self, case: Case) -> bool:
        """Tell whether the accounts of a duplicate still are the only two of their full name."""
        for ground in case.finding.grounds:
            if ground.reason is Reason.FULL_NAME:
                found = self._duplicate(f"name:{ground.value}")
                return found is not None and found.id == case.id
        return False

    def _event(self, finding: Finding, origin: Origin) -> Action:
        said = {
            "new": 1,
            "finding": finding.id,
            "accounts": [f"{Type.USER.endpoint}/{each}" for each in finding.accounts],
        }
        table, tenant = self.book.findings.table, self.book.findings.keys.tenant
        return Notices(table, tenant).posting("duplicates.found", finding.id, said, origin)

    def _duplicate(self, canonical: str, newcomers: Iterable[Account] = ()) -> Finding | None:
        clues = self.identity.bearers(canonical, MAX_NAMESAKES)
        if not clues or len(clues) == MAX_NAMESAKES:
            return None
        canonical = clues[0].evidence.canonical
        known = self.book.accounts.read(each.account for each in clues)
        for each in newcomers:
            known[each.id] = each
            clues.append(Clue(clues[0].evidence, each.id, ""))
        accounts = {each.account for each in clues}
        group = Group(canonical, tuple(clues), len(accounts), "")
        found = (each for each in judge(group, known, _NEVER) if each.kind is Kind.DUPLICATE)
        return next(found, None)
