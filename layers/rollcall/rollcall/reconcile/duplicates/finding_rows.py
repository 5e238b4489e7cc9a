"""Findings as rows of JSON, with the current values of their accounts, and their remedies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

from rollcall.reconcile.duplicates.case_store import Case, CaseState
from rollcall.reconcile.duplicates.duplicate_finding import FindingAccount, FindingKind
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts
from rollcall.reconcile.duplicates.reasons import is_by_name_alone

FindingRow: TypeAlias = dict[str, Any]
"""A finding as in JSON: `finding`, `state`, `kind`, `reasons`, `accounts`, `note`."""

_BATCH = 50
"""The cases whose accounts are read at once."""


def rows(cases: Iterable[Case], accounts: FindingAccounts) -> Iterator[FindingRow]:
    """Yield a row for each case."""
    iterator = iter(cases)
    while batch := list(islice(iterator, _BATCH)):
        known = accounts.read(account for case in batch for account in case.finding.accounts)
        for case in batch:
            yield row(case, known)


def row(case: Case, known: Mapping[str, FindingAccount]) -> FindingRow:
    """Return the row of a case, with its oldest account first; `known` are its accounts by id."""
    finding = case.finding
    return {
        "finding": case.id,
        "state": case.state.value,
        "kind": case.kind.value,
        "since": case.first,
        "run": case.run,
        "count": finding.count,
        "reasons": [
            {"reason": ground.reason.value, "value": ground.value}
            for ground in sorted(finding.grounds)
        ],
        "accounts": sorted(
            (_account(account, known.get(account)) for account in finding.accounts),
            key=lambda account: (
                account["userName"] is None,
                account.get("created", ""),
                account["id"],
            ),
        ),
        "note": None if case.note is None else vars(case.note),
    }


def remedy(tenant: str, row: FindingRow) -> list[str]:
    """Return how to remedy a finding, in lines."""
    existing = [account for account in row["accounts"] if account["userName"] is not None]
    finding, kind = row["finding"], row["kind"]
    if row["state"] != CaseState.OPEN or not existing:
        return []
    if kind == FindingKind.UNMANAGED:
        return ["Delete the person in the identity provider, or assign the person again."]
    dismiss = f"Different people: `rollcall duplicates dismiss {tenant} {finding} --reason …`"
    if len(existing) != 2:
        return [f"Look into it: `rollcall duplicates show {tenant} {finding}`", dismiss]
    merge = _merge_remedy(tenant, *existing)
    if not is_by_name_alone(row):
        return [*merge, dismiss]
    unlink = f"rollcall accounts unlink {tenant} {existing[1]['id']}"
    return [
        "Nothing but the name says so: ask first whether it is one person.",
        *merge,
        f"Or the identity provider is to match the older account: `{unlink}` says how.",
        dismiss,
    ]


def _merge_remedy(tenant: str, older: FindingRow, younger: FindingRow) -> list[str]:
    """Return how to merge two accounts and keep the product's data of the older one."""
    merge = f"rollcall accounts merge {tenant} --keep {older['id']} --remove {younger['id']}"
    if not (older["linked"] and younger["linked"]):
        return [f"One person: `{merge}`"]
    for account, other in ((older, younger), (younger, older)):
        if account["deletedInIdp"] and not other["deletedInIdp"]:
            return [f"One person: `{merge} --idp-deletes {account['id']}`"]
    return [
        f"One person: `{merge} --idp-deletes ID`, the account whose person is gone in the identity "
        "provider; while both are there, remove one there first."
    ]


def _account(identifier: str, account: FindingAccount | None) -> FindingRow:
    if account is None:
        return {"id": identifier, "userName": None, "name": "", "emails": [], "active": None}
    return {
        "id": identifier,
        "userName": account.user_name,
        "name": account.name,
        "emails": list(account.emails),
        "active": account.active,
        "created": account.created,
        "linked": account.linked,
        "deletedInIdp": account.soft_deleted,
    }
