"""The report of a run: as JSON, as CSV for spreadsheets, and as an HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from rollcall.reconcile import csv_export
from rollcall.reconcile.duplicates import finding_rows
from rollcall.reconcile.duplicates.case_store import Case, CaseState
from rollcall.reconcile.duplicates.duplicate_finding import FindingKind
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts
from rollcall.reconcile.duplicates.finding_rows import FindingRow
from rollcall.reconcile.duplicates.reasons import reason_sentences
from rollcall.reconcile.report_page import Cell, Column, ReportPage, render

_NEWS = {"new": "bad", "open": "quiet", "resolved": "good"}
_KINDS = {
    FindingKind.DUPLICATE: "bad",
    FindingKind.RECREATED: "warn",
    FindingKind.UNMANAGED: "warn",
    FindingKind.POSSIBLE: "quiet",
}
_COLUMNS = (
    Column("Status", _NEWS),
    Column("What", {kind.value: tone for kind, tone in _KINDS.items()}),
    Column("Accounts"),
    Column("Why"),
    Column("Since", short=True),
    Column("Finding", short=True),
)
_TITLES = (
    *("finding", "status", "kind", "since", "reasons"),
    *("account", "userName", "name", "emails", "active", "created"),
)
_MEMORY = 1_000_000


@dataclass(frozen=True)
class ReportHead:
    """The head of a report: the run, the run that was reported before it, and the counts.

    `counts` are those of this run, `trend` those of all runs up to it.
    """

    tenant: str
    run: str
    before: str
    counts: Mapping[str, Any]
    trend: Sequence[Mapping[str, Any]] = ()


@contextmanager
def report_forms(
    head: ReportHead, cases: Iterable[Case], accounts: FindingAccounts
) -> Iterator[Mapping[str, IO[bytes]]]:
    """Write the report in every format and yield open files by format, at their beginning.

    Memory does not grow with the number of findings.
    """
    with ExitStack() as stack:
        sorted_rows = [stack.enter_context(_file()) for _ in _ORDER]
        for row in finding_rows.rows(cases, accounts):
            status = _status(row, head.before)
            section = (status, row["kind"])
            if section in _ORDER:
                _line(sorted_rows[_ORDER.index(section)], json.dumps({**row, "status": status}))

        def read_rows() -> Iterator[FindingRow]:
            for file in sorted_rows:
                file.seek(0)
                yield from map(json.loads, file)

        files = {form: stack.enter_context(_file()) for form in ("json", "csv", "html")}
        _write(files["json"], _json(head, read_rows()))
        _write_csv(files["csv"], read_rows())
        _write(files["html"], _html(head, read_rows()))
        for file in files.values():
            file.seek(0)
        yield files


def _status(row: FindingRow, before: str) -> str:
    """Return `new`, `open` or `resolved`, compared with the run before; empty for any other.

    A case that no run has seen yet belongs to the next report.
    """
    if row["state"] == CaseState.OPEN:
        if not row["run"]:
            return ""
        return "new" if row["since"] > before else "open"
    resolved = row["state"] == CaseState.RESOLVED and row["since"] <= before < row["run"]
    return "resolved" if resolved else ""


def _json(head: ReportHead, rows: Iterable[FindingRow]) -> Iterator[str]:
    opening = json.dumps(
        {
            "tenant": head.tenant,
            "run": head.run,
            "counts": dict(head.counts),
            "trend": [dict(counts) for counts in head.trend],
        }
    )
    yield f'{opening[:-1]}, "findings": ['
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n{json.dumps(row, ensure_ascii=False)}"
    yield "\n]}\n"


def _write_csv(file: IO[bytes], rows: Iterable[FindingRow]) -> None:
    text = TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    csv_export.write(text, _TITLES, (line for row in rows for line in _lines(row)))
    text.detach()


def _lines(row: FindingRow) -> Iterator[list[str]]:
    """Yield a line of the CSV for each account of a finding."""
    finding = [
        row["finding"],
        row["status"],
        row["kind"],
        row["since"],
        "; ".join(reason_sentences(row)),
    ]
    for account in row["accounts"]:
        active = {True: "yes", False: "no", None: ""}[account["active"]]
        names = [account["userName"] or "", account["name"], " ".join(account["emails"])]
        yield [*finding, account["id"], *names, active, account.get("created", "")]


def _html(head: ReportHead, rows: Iterable[FindingRow]) -> Iterator[str]:
    counts = head.counts
    trend = ", ".join(f"{run['run'][:10]}: {run['new'] + run['open']}" for run in head.trend[-14:])
    page = ReportPage(
        title=f"Duplicate accounts in {head.tenant}",
        lead=(
            f"Found on {head.run[:10]} among {counts['seen']:,} addresses, employee numbers and "
            "names. Each row is accounts that seem to be one person's, or an account that nobody "
            "looks after."
        ),
        columns=_COLUMNS,
        figures=[
            ("new", counts["new"]),
            ("still open", counts["open"]),
            ("resolved", counts["resolved"]),
            ("weak hints", counts["hints"]),
            ("dismissed", counts["dismissed"]),
        ],
        notes=[
            "`duplicate`: one person has several accounts. Tell support whether that is so, above "
            "all where only the full name says it: it makes one account of them.",
            "`recreated`: the identity provider deleted a person and created the person again. "
            "There is nothing to do: the old account goes 30 days later.",
            "`unmanaged`: inactive for long, and never deleted. Delete the person in the identity "
            "provider, or assign the person again.",
            "`possible`: nothing but the same name, or a value that many share. Tell support if "
            "they are one person's.",
            f"Open after each run: {trend}.",
        ],
        support=[
            f"What to do about one: `rollcall duplicates show {head.tenant} FINDING`",
            f"Different people: `rollcall duplicates dismiss {head.tenant} FINDING --reason '…'`",
        ],
        more="the CSV file has all of them",
    )
    return render(page, map(_cells, rows))


def _cells(row: FindingRow) -> list[Cell]:
    accounts = [_account_line(account) for account in row["accounts"]]
    if row["count"] > len(accounts):
        accounts.append(f"and {row['count'] - len(accounts):,} more")
    return [
        row["status"],
        row["kind"],
        accounts,
        reason_sentences(row),
        row["since"][:10],
        row["finding"],
    ]


def _account_line(account: FindingRow) -> str:
    if account["userName"] is None:
        return f"`{account['id']}` gone"
    state = (
        "deleted in the IdP" if account["deletedInIdp"] else "" if account["active"] else "inactive"
    )
    link = "" if account["linked"] else "not linked"
    created = f"created {account['created'][:10]}"
    details = " · ".join(filter(None, [account["name"], state, link, created]))
    return f"{account['userName']} · {details}"


_ORDER = [(status, kind.value) for kind in FindingKind for status in ("new", "open")] + [
    ("resolved", kind.value) for kind in FindingKind
]
"""The order of the rows: the worst kind first, new before open, resolved ones last."""


def _file() -> SpooledTemporaryFile[bytes]:
    return SpooledTemporaryFile(max_size=_MEMORY)


def _line(file: IO[bytes], text: str) -> None:
    file.write(f"{text}\n".encode())


def _write(file: IO[bytes], pieces: Iterable[str]) -> None:
    for piece in pieces:
        file.write(piece.encode())
