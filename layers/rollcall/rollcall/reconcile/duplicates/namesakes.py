"""Accounts with the same full name, looked up when the identity provider creates another one.

The report finds the same duplicates in its pass over all evidence. It also finds those that this
lookup misses: the index is eventually consistent, and a name can arrive after the creation.
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
"""The accounts with one name that are read; a name that more accounts share is no evidence."""

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class NewDuplicate:
    """The duplicate that a creation makes: the detail of its log entry, and actions to write."""

    detail: str
    actions: list[Action] = field(repr=False)


@dataclass(frozen=True)
class Namesakes:
    """Looks up the accounts of one tenant by full name."""

    evidence_index: EvidenceIndex
    cases: CaseStore

    @classmethod
    def of_tenant(cls, table: Table, tenant: str) -> Namesakes:
        """Return the lookup for a tenant."""
        findings = Findings(table, tenant)
        cases = CaseStore(findings, FindingAccounts(Resources(table, tenant), findings))
        return cls(EvidenceIndex(table, tenant), cases)

    def find_duplicate(self, actor: Actor, record: Record) -> NewDuplicate | None:
        """Return the duplicate that the creation of a user makes, None when there is none.

        Costs a query of the index, and a read when it finds accounts. It never fails a creation.
        """
        new_account = finding_account(record, created_linked=True)
        name = match_keys.of_name(new_account.name)
        if name is None or not match_keys.is_full_name(new_account.name):
            return None
        try:
            finding = self._duplicate(name.canonical, [new_account])
        except Unavailable:
            return None
        if finding is None:
            return None
        (local,) = (account for account in finding.accounts if account != new_account.id)
        detail = f"has the full name of the local account User/{local}: finding {finding.id}"
        opening = self.cases.opening_actions(finding, record.created)
        return NewDuplicate(detail, [*opening, self._event(finding, actor)])

    def is_still_duplicate(self, case: Case) -> bool:
        """Tell whether the two accounts of a case are still the only ones with their full name."""
        for ground in case.finding.grounds:
            if ground.reason is Reason.FULL_NAME:
                finding = self._duplicate(f"name:{ground.value}")
                return finding is not None and finding.id == case.id
        return False

    def _event(self, finding: DuplicateFinding, actor: Actor) -> Action:
        content = {
            "new": 1,
            "finding": finding.id,
            "accounts": [f"{Type.USER.endpoint}/{account}" for account in finding.accounts],
        }
        table, tenant = self.cases.findings.table, self.cases.findings.keys.tenant
        return Outbox(table, tenant).action("duplicates.found", finding.id, content, actor)

    def _duplicate(
        self, canonical: str, new_accounts: Iterable[FindingAccount] = ()
    ) -> DuplicateFinding | None:
        keys = self.evidence_index.with_name(canonical, MAX_NAMESAKES)
        if not keys or len(keys) == MAX_NAMESAKES:
            return None
        canonical = keys[0].evidence.canonical
        existing = self.cases.accounts.read(key.account for key in keys)
        for account in new_accounts:
            existing[account.id] = account
            keys.append(MatchKey(keys[0].evidence, account.id, ""))
        accounts = {key.account for key in keys}
        group = MatchGroup(canonical, tuple(keys), len(accounts), "")
        duplicates = (
            finding
            for finding in judge_group(group, existing, _NEVER)
            if finding.kind is FindingKind.DUPLICATE
        )
        return next(duplicates, None)
