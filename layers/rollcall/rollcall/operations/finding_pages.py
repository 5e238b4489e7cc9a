"""Findings in pages, and one with its accounts side by side: what costs the same for any number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from rollcall.model.record import Record
from rollcall.operations import account_attributes
from rollcall.operations.account_attributes import AttributeRow
from rollcall.operations.duplicates import CaseState, FindingKind, FindingRow
from rollcall.operations.operator import Operator
from rollcall.reconcile import entra_next_steps
from rollcall.reconcile.duplicates import finding_rows
from rollcall.reconcile.duplicates.case_store import Case, FindingError
from rollcall.runtime import tenant_report
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.resources import Resources

PAGE = 25
"""The open findings of a page: their accounts are read in one round trip, of two each."""

LOOKED_AT = 500
"""How many findings are looked at for a page of dismissed or resolved ones."""


@dataclass(frozen=True)
class FindingPage:
    """Findings, and the cursor of the next page, empty on the last one."""

    rows: tuple[FindingRow, ...]
    next: str


@dataclass(frozen=True)
class ComparedFinding:
    """A finding, its accounts that exist, and their attributes side by side.

    `groups` are the numbers of the groups of each account, `entra` what Entra ID does with them.
    """

    row: FindingRow
    records: tuple[Record, ...]
    groups: tuple[int, ...]
    attributes: tuple[AttributeRow, ...]
    entra: tuple[str, ...]


def open_page(operator: Operator, tenant: str, kind: FindingKind, after: str = "") -> FindingPage:
    """Return a page of the open findings of a kind, in three round trips.

    A finding flags each of its accounts, and is shown where its first account is. Raises
    TenantError.
    """
    store = tenant_report.case_store(operator.services, tenant)
    reads: list[Callable[[], Any]] = [
        lambda: operator.services.tenants.show(tenant),
        lambda: store.findings.flags_after(kind.value, after, 2 * PAGE),
    ]
    _, flags = at_once(reads)
    cases = store.read_many([flag for _, flag in flags])
    own = [
        (user, flag)
        for user, flag in flags
        if flag in cases and min(cases[flag].finding.accounts) == user
    ]
    is_cut = len(own) > PAGE
    following = own[PAGE - 1] if is_cut else flags[-1] if len(flags) == 2 * PAGE else ()
    shown = [cases[flag] for _, flag in own[:PAGE]]
    rows = finding_rows.rows(_open(shown, kind), store.accounts)
    return FindingPage(tuple(rows), "#".join(following))


def closed_page(operator: Operator, tenant: str, state: CaseState, after: str = "") -> FindingPage:
    """Return a page of the findings in a state, in the order of their ids. Raises TenantError."""
    operator.services.tenants.show(tenant)
    store = tenant_report.case_store(operator.services, tenant)
    looked_at = list(islice(store.all(after, LOOKED_AT + 1), LOOKED_AT + 1))
    found = [case for case in looked_at[:LOOKED_AT] if case.state is state]
    shown = found[:PAGE]
    is_more = len(found) > PAGE
    last = shown[-1].id if is_more else looked_at[LOOKED_AT - 1].id if _over(looked_at) else ""
    return FindingPage(tuple(finding_rows.rows(shown, store.accounts)), last)


def compare(operator: Operator, tenant: str, finding: str) -> ComparedFinding:
    """Return a finding with its accounts side by side, in two round trips.

    Raises TenantError, FindingError.
    """
    store = tenant_report.case_store(operator.services, tenant)
    first: list[Callable[[], Any]] = [
        lambda: operator.services.tenants.show(tenant),
        lambda: store.read(finding),
    ]
    _, case = at_once(first)
    if case is None:
        raise FindingError(f"there is no finding {finding} in {tenant}")
    resources = Resources(operator.services.table, tenant)
    accounts = case.finding.accounts
    reads: list[Callable[[], Any]] = [lambda: list(finding_rows.rows([case], store.accounts))]
    reads += [partial(resources.read_user, each) for each in accounts]
    (rows, *users) = at_once(reads)
    (row,) = rows
    known = {record.id: (record, len(groups)) for record, groups in filter(None, users)}
    order = [each["id"] for each in row["accounts"] if each["id"] in known]
    records = tuple(known[each][0] for each in order)
    columns = [account_attributes.attributes(record) for record in records]
    return ComparedFinding(
        row,
        records,
        tuple(known[each][1] for each in order),
        tuple(account_attributes.compared(columns)),
        tuple(_in_entra(row)),
    )


def _in_entra(row: FindingRow) -> Sequence[str]:
    accounts = [each for each in row["accounts"] if each["userName"] is not None]
    linked = [each["userName"] for each in accounts if each["linked"]]
    local = [each["userName"] for each in accounts if not each["linked"]]
    deleted = [each["userName"] for each in accounts if each["deletedInIdp"]]
    return entra_next_steps.undecided(linked, local, deleted)


def _open(cases: list[Case], kind: FindingKind) -> list[Case]:
    return [case for case in cases if case.state is CaseState.OPEN and case.kind is kind]


def _over(looked_at: list[Case]) -> bool:
    return len(looked_at) > LOOKED_AT
