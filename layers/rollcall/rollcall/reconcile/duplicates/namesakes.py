"""The accounts of one full name: looked up by it when the identity provider creates one more.

The report finds the same, by its pass over everything. What a lookup misses because the index lags
behind by a moment is left to it, and so is a name that arrives after the creation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rollcall.model import match_keys
from rollcall.model.actor import Actor
from rollcall.model.match_keys import MatchKey
from rollcall.model.record import Record
from rollcall.reconcile.duplicates.case_store import Case, CaseStore
from rollcall.reconcile.duplicates.duplicate_finding import (
    DuplicateFinding,
    FindingAccount,
    FindingKind,
    Reason,
    judge_group,
)
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts, finding_account
from rollcall.reconcile.duplicates.match_group import MatchGroup
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind as Type
from rollcall.storage.evidence_index import EvidenceIndex
from rollcall.storage.findings import Findings
from rollcall.storage.outbox import Outbox
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

MAX_NAMESAKES = 20
"""How many accounts of one name are looked at; where there are more, a name says nothing."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class NewDuplicate:
    """The duplicate that a creation makes: what the log says of it, and what goes with it."""

    detail: str
    actions: list[Action] = field(repr=False)


@dataclass(frozen=True)
class Namesakes:
    """The accounts of one tenant, by their full names."""

    evidence_index: EvidenceIndex
    cases: CaseStore

    @classmethod
    def of_tenant(cls, table: Table, tenant: str) -> Namesakes:
        """Return the accounts of a tenant."""
        findings = Findings(table, tenant)
        book = CaseStore(findings, FindingAccounts(Resources(table, tenant), findings))
        return cls(EvidenceIndex(table, tenant), book)

    def find_duplicate(self, origin: Actor, record: Record) -> NewDuplicate | None:
        """Return the duplicate that the creation of a user makes, on behalf of an origin.

        Costs a query of the index, and a read where that finds somebody. It fails no creation.
        """
        newcomer = finding_account(record, created_linked=True)
        name = match_keys.of_name(newcomer.name)
        if name is None or not match_keys.is_full_name(newcomer.name):
            return None
        try:
            finding = self._duplicate(name.canonical, [newcomer])
        except Unavailable:
            return None
        if finding is None:
            return None
        (local,) = (each for each in finding.accounts if each != newcomer.id)
        detail = f"has the full name of the local account User/{local}: finding {finding.id}"
        opening = self.cases.opening_actions(finding, record.created)
        return NewDuplicate(detail, [*opening, self._event(finding, origin)])

    def is_still_duplicate(self, case: Case) -> bool:
        """Tell whether the accounts of a duplicate still are the only two of their full name."""
        for ground in case.finding.grounds:
            if ground.reason is Reason.FULL_NAME:
                found = self._duplicate(f"name:{ground.value}")
                return found is not None and found.id == case.id
        return False

    def _event(self, finding: DuplicateFinding, origin: Actor) -> Action:
        said = {
            "new": 1,
            "finding": finding.id,
            "accounts": [f"{Type.USER.endpoint}/{each}" for each in finding.accounts],
        }
        table, tenant = self.cases.findings.table, self.cases.findings.keys.tenant
        return Outbox(table, tenant).action("duplicates.found", finding.id, said, origin)

    def _duplicate(
        self, canonical: str, newcomers: Iterable[FindingAccount] = ()
    ) -> DuplicateFinding | None:
        clues = self.evidence_index.with_value(canonical, MAX_NAMESAKES)
        if not clues or len(clues) == MAX_NAMESAKES:
            return None
        canonical = clues[0].evidence.canonical
        known = self.cases.accounts.read(each.account for each in clues)
        for each in newcomers:
            known[each.id] = each
            clues.append(MatchKey(clues[0].evidence, each.id, ""))
        accounts = {each.account for each in clues}
        group = MatchGroup(canonical, tuple(clues), len(accounts), "")
        found = (
            each for each in judge_group(group, known, _NEVER) if each.kind is FindingKind.DUPLICATE
        )
        return next(found, None)
