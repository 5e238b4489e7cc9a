"""The findings of the duplicate report, and the decisions of operators about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rollcall.operations import accounts
from rollcall.operations.operator import Operator
from rollcall.reconcile.duplicates import finding_rows
from rollcall.reconcile.duplicates.case_store import (
    Case,
    CaseState,
    CaseStore,
    FindingError,
    OperatorNote,
)
from rollcall.reconcile.duplicates.duplicate_finding import FindingKind
from rollcall.reconcile.duplicates.finding_rows import FindingRow, remedy
from rollcall.reconcile.duplicates.reasons import reason_sentences
from rollcall.runtime import tenant_report
from rollcall.scim.instant import instant
from rollcall.storage.findings import SERVICE

__all__ = ["SERVICE", "CaseState", "FindingKind", "FindingRow", "reason_sentences", "remedy"]


@dataclass(frozen=True)
class FindingList:
    """The findings in one state, and the number of findings in each state."""

    rows: list[FindingRow]
    states: Counter[CaseState]


@dataclass(frozen=True)
class CaseChange:
    """A finding before and after an operator's decision; `row` is the finding after it."""

    tenant: str
    finding: str
    before: CaseState
    after: CaseState
    row: FindingRow
    reason: str = ""


@dataclass(frozen=True)
class FlaggedUser:
    """A flag of a user: its kind, and the finding that names the user, None for a mark.

    `user_name` is None when the user does not exist any more.
    """

    kind: str
    user: str
    user_name: str | None
    finding: str | None


def list_findings(
    operator: Operator,
    tenant: str,
    state: CaseState | None = None,
    kinds: Collection[FindingKind] = (),
    user: str | None = None,
) -> FindingList:
    """Return the findings in a state, the worst first; `kinds` and `user` select some of them.

    Raises TenantError, and AccountError for an unknown user.
    """
    store = _store(operator, tenant)
    account = None if user is None else accounts.find(operator, tenant, user).id
    cases = [
        case
        for case in store.all()
        if (not kinds or case.kind in kinds)
        and (account is None or account in case.finding.accounts)
    ]
    order = list(FindingKind)
    listed = sorted(
        (case for case in cases if state is None or case.state is state),
        key=lambda case: (order.index(case.kind), case.first, case.id),
    )
    rows = list(finding_rows.rows(listed, store.accounts))
    return FindingList(rows, Counter(case.state for case in cases))


def show(operator: Operator, tenant: str, finding: str) -> FindingRow:
    """Return one finding. Raises TenantError, FindingError."""
    store = _store(operator, tenant)
    case = store.read(finding)
    if case is None:
        raise FindingError(f"there is no finding {finding} in {tenant}")
    return _row(store, case)


def plan_dismissal(operator: Operator, tenant: str, finding: str, reason: str = "") -> CaseChange:
    """Return what a dismissal of a finding would change. Raises TenantError, FindingError."""
    return _plan(operator, tenant, finding, CaseState.DISMISSED, reason)


def plan_reopening(operator: Operator, tenant: str, finding: str) -> CaseChange:
    """Return what opening a dismissed finding would change. Raises TenantError, FindingError."""
    return _plan(operator, tenant, finding, CaseState.OPEN, "")


def change(operator: Operator, plan: CaseChange) -> CaseChange:
    """Carry out a plan and return the finding after it. Raises FindingError.

    A dismissed finding stays dismissed until its accounts change.
    """
    store = _store(operator, plan.tenant)
    note = _note(operator, plan.reason)
    if plan.after is CaseState.DISMISSED:
        case = store.dismiss(plan.finding, note)
    else:
        case = store.reopen(plan.finding, note)
    return replace(plan, after=case.state, row=_row(store, case))


def mark_service_account(operator: Operator, tenant: str, user: str, reason: str = "") -> None:
    """Mark a user, by id, as a service account, which no finding names. Raises TenantError."""
    _store(operator, tenant).mark_service_account(user, _note(operator, reason))


def unmark_service_account(operator: Operator, tenant: str, user: str) -> None:
    """Remove the mark of a service account from a user, by id. Raises TenantError."""
    _store(operator, tenant).unmark_service_account(user, _note(operator))


def flagged_users(operator: Operator, tenant: str, kind: str = "") -> list[FlaggedUser]:
    """Return the flagged users; `kind` is a kind of findings or SERVICE, empty for all flags.

    Raises TenantError, and FindingError for an unknown kind.
    """
    store = _store(operator, tenant)
    if kind and kind not in (*FindingKind, SERVICE):
        raise FindingError(f"{kind!r} is no kind: {', '.join(FindingKind)} or {SERVICE}")
    flags = list(store.findings.flags(kind))
    users = store.accounts.read(user for _, user, _ in flags)
    return [
        FlaggedUser(
            flag_kind,
            user,
            users[user].user_name if user in users else None,
            flag if flag != flag_kind else None,
        )
        for flag_kind, user, flag in flags
    ]


def _plan(
    operator: Operator, tenant: str, finding: str, state: CaseState, reason: str
) -> CaseChange:
    store = _store(operator, tenant)
    case = store.read(finding)
    if case is None or case.state is CaseState.RESOLVED:
        raise FindingError(f"there is no open or dismissed finding {finding} in {tenant}")
    note = _note(operator, reason) if state is CaseState.DISMISSED else None
    row = _row(store, replace(case, state=state, note=note))
    return CaseChange(tenant, finding, case.state, state, row, reason)


def _store(operator: Operator, tenant: str) -> CaseStore:
    operator.services.tenants.show(tenant)
    return tenant_report.case_store(operator.services, tenant)


def _row(store: CaseStore, case: Case) -> FindingRow:
    (row,) = finding_rows.rows([case], store.accounts)
    return row


def _note(operator: Operator, reason: str = "") -> OperatorNote:
    return OperatorNote(operator.name, instant(datetime.now(UTC)), reason, operator.user)
