"""How the command shows a finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice

from rich.markup import escape
from rich.table import Table

from rollcall.cli.terminal import out
from rollcall.reconcile.duplicates import report
from rollcall.reconcile.duplicates.report import Row

_WIDTH = 40
"""The least columns of a terminal for an account."""


def say_marked(user: str, as_json: bool, dry_run: bool, *, marked: bool) -> None:
    """Say that a user is a service account from now on, or is none any more."""
    if as_json:
        print(json.dumps({"user": user, "service": marked, "dryRun": dry_run}))
        return
    would = "would be" if dry_run else "is"
    out.print(f"{user} {would} {'a service account' if marked else 'a person'} from the next run.")


def print_finding(tenant: str, row: Row) -> None:
    """Print a finding with its accounts side by side."""
    out.print(f"[bold]{row['finding']}[/] {row['kind']}, {row['state']}, since {row['since']}")
    for each in report.why(row):
        out.print(f"  {escape(each)}", soft_wrap=True)
    across = max((out.width - 10) // _WIDTH, 1)
    accounts = iter(row["accounts"])
    while some := list(islice(accounts, across)):
        out.print(_side_by_side(some))
    if row["note"]:
        note = row["note"]
        out.print(f"  dismissed by {note['by']} at {note['at']}: {escape(note['reason'] or '-')}")
    for each in report.remedy(tenant, row):
        out.print(f"  {escape(each.replace('`', ''))}", soft_wrap=True)


def named(account: Row) -> str:
    """Return an account in one cell."""
    return escape(account["userName"] or f"{account['id']} (gone)")


def _side_by_side(accounts: list[Row]) -> Table:
    """Return a column for each account, whose ids and addresses are never cut."""
    rows = Table("", *("account" for _ in accounts), box=None, pad_edge=False)
    for column in rows.columns:
        column.overflow = "fold"
    for title, said in _SAID.items():
        rows.add_row(title, *(escape(said(each)) for each in accounts))
    return rows


def _active(account: Row) -> str:
    if account["userName"] is None:
        return "gone"
    return "deleted in the IdP" if account["deletedInIdp"] else _yes(account["active"])


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


_SAID: dict[str, Callable[[Row], str]] = {
    "id": lambda account: account["id"],
    "userName": lambda account: account["userName"] or "",
    "name": lambda account: account["name"],
    "e-mails": lambda account: "\n".join(account["emails"]),
    "active": _active,
    "linked": lambda account: _yes(account.get("linked")),
    "created": lambda account: account.get("created", "")[:10],
}
