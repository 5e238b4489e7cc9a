"""The report of a conflict check as JSON, CSV and an HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TextIO

from rollcall.reconcile import csv_export, report_page
from rollcall.reconcile.conflicts.conflict_check import ConflictCheck
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding, Verdict
from rollcall.reconcile.report_page import Cell, Column, ReportPage

TONES = {
    Verdict.DUPLICATED: "bad",
    Verdict.AMBIGUOUS: "bad",
    Verdict.REFUSED: "bad",
    Verdict.PROTECTED: "warn",
    Verdict.SECOND: "warn",
    Verdict.LINKED_BY_CASE: "good",
    Verdict.LINKED: "good",
    Verdict.SKIPPED: "quiet",
    Verdict.PERSON_ONLY: "quiet",
    Verdict.ACCOUNT_ONLY: "quiet",
}
_MAX_REJECTED = 100
"""The rows that were left out which the customer's page names one by one."""

_CUSTOMER_WORDS = {
    "the account is the product's own until an operator links it": "support has to link the "
    "account first",
    "the account's address is in no domain that the tenant may link accounts of": "the account's "
    "address is in no domain of yours that support knows",
    "the policy adopt links it": "it is linked all the same",
}
"""Reasons in the words of operators, and in those of customers."""

_TITLES = (
    "what happens", "attention", "confidence", "person", "person's userName", "object id", "line",
    "accounts", "account ids", "why", "what to do",
)  # fmt: skip


def summary(check: ConflictCheck) -> dict[str, Any]:
    """Return the figures of a check, and what it could not check."""
    return {
        "tenant": check.job.tenant,
        "policy": check.job.linking.policy.value,
        "match": [str(rule) for rule in check.job.rules.matches],
        "people": check.people,
        "accounts": check.accounts,
        "attention": check.attention,
        "hints": check.hints,
        "verdicts": {verdict.value: check.counts[verdict] for verdict in Verdict},
        "complete": check.complete,
        "notChecked": check.not_checked,
        "requests": check.requests,
        "rejected": [{"line": line, "reason": reason} for line, reason in check.rejected],
    }


def as_json(check: ConflictCheck) -> Iterator[str]:
    """Yield `{"summary": …, "findings": […]}`, a line for each finding."""
    yield f'{{"summary": {json.dumps(summary(check))},\n"findings": ['
    for number, finding in enumerate(check.findings()):
        yield f"{',' if number else ''}\n{json.dumps(_finding(finding))}"
    yield "\n]}\n"


def as_csv(check: ConflictCheck, stream: TextIO) -> None:
    """Write a row for each finding."""
    csv_export.write(stream, _TITLES, map(_row, check.findings()))


def as_page(check: ConflictCheck, source: str, made: str) -> Iterator[str]:
    """Yield the page; `source` is the name of the export, `made` the date of the check."""
    job = check.job
    domains = ", ".join(sorted(job.linking.domains))
    lead = (
        f"What the first cycle will do with the {check.people:,} people of `{source}`, found by "
        f"{', then '.join(f'`{rule}`' for rule in job.rules.matches)}, and the {check.accounts:,} "
        f"accounts of {job.tenant}. Link policy `{job.linking.policy}`"
        f"{f' within {domains}' if domains else ''}. Made {made}."
    )
    figures: list[tuple[str, str | int]] = [("need attention", check.attention)]
    figures += [
        (verdict.value, check.counts[verdict]) for verdict in Verdict if check.counts[verdict]
    ]
    notes = list(check.not_checked)
    if check.rejected:
        where, reason = check.rejected[0]
        notes.append(
            f"{len(check.rejected):,} rows of the file were left out, the first in {check.unit} "
            f"{where}: {reason}."
        )
    columns = (
        Column("What happens", {verdict.value: tone for verdict, tone in TONES.items()}),
        Column("Person"),
        Column("Account"),
        Column("Why", wide=True),
        Column("Confidence"),
        Column("What to do", wide=True),
    )
    support = [
        f"What the file lacks, Microsoft Graph has: `{request}`" for request in check.requests
    ]
    page = ReportPage(f"Conflicts of {job.tenant}", lead, columns, figures, notes, support)
    yield from report_page.render(page, map(_cells, check.findings()))


def as_customer_page(check: ConflictCheck, source: str, made: str) -> Iterator[str]:
    """Yield the page for the customer's administrator: without commands, ids and policies."""
    lead = (
        f"What the first provisioning cycle will do with the {check.people:,} people of `{source}` "
        f"and the {check.accounts:,} accounts that exist already. Made {made}."
    )
    figures: list[tuple[str, str | int]] = [("need attention", check.attention)]
    figures += [
        (verdict.value, check.counts[verdict]) for verdict in Verdict if check.counts[verdict]
    ]
    notes = list(check.not_checked)
    notes += [
        f"{check.unit} {where} of the file was left out: {reason}."
        for where, reason in check.rejected[:_MAX_REJECTED]
    ]
    if len(check.rejected) > _MAX_REJECTED:
        notes.append(f"{len(check.rejected) - _MAX_REJECTED:,} more rows were left out.")
    columns = (
        Column("What happens", {verdict.value: tone for verdict, tone in TONES.items()}),
        Column("Person"),
        Column("Account"),
        Column("Why", wide=True),
        Column("What you can do", wide=True),
    )
    page = ReportPage("Before the first provisioning cycle", lead, columns, figures, notes)
    yield from report_page.render(page, map(_customer_cells, check.findings()))


def _customer_cells(finding: ConflictFinding) -> tuple[Cell, ...]:
    reasons = [_CUSTOMER_WORDS.get(reason, reason) for reason in finding.reasons]
    verdict, person, accounts = _cells(finding)[:3]
    return verdict, person, accounts, reasons, finding.remedy.customer


def _cells(finding: ConflictFinding) -> tuple[Cell, ...]:
    return (
        finding.verdict.value,
        finding.person.lines if finding.person else [],
        [line for account in finding.accounts for line in account.lines],
        list(finding.reasons),
        finding.confidence,
        finding.remedy,
    )


def _finding(finding: ConflictFinding) -> dict[str, Any]:
    return {
        "verdict": finding.verdict.value,
        "attention": finding.attention,
        "confidence": finding.confidence,
        "person": None if finding.person is None else vars(finding.person),
        "accounts": [
            {"id": account.id, "userName": account.user_name, "name": account.name}
            for account in finding.accounts
        ],
        "reasons": list(finding.reasons),
        "remedy": str(finding.remedy),
        "customer": finding.remedy.customer,
        "support": finding.remedy.support,
        "commands": list(finding.remedy.commands),
    }


def _row(finding: ConflictFinding) -> list[str | int]:
    person = finding.person
    return [
        finding.verdict.value,
        "yes" if finding.attention else "no",
        finding.confidence,
        person.name if person else "",
        person.user_name if person else "",
        person.id if person else "",
        (person.line if person and person.line else ""),
        "; ".join(account.user_name for account in finding.accounts),
        "; ".join(account.id for account in finding.accounts),
        "; ".join(finding.reasons),
        str(finding.remedy),
    ]
