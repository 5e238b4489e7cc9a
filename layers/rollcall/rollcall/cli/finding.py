"""How the command shows a finding."""

from __future__ import annotations

import json

from rich.markup import escape

from rollcall.cli.terminal import listing, out
from rollcall.reconcile.duplicates import report
from rollcall.reconcile.duplicates.report import Row


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
    rows = listing("account", "userName", "name", "e-mails", "active", "linked", "created")
    for each in row["accounts"]:
        if each["userName"] is None:
            rows.add_row(each["id"], "gone")
            continue
        emails = escape("\n".join(each["emails"]))
        active = "deleted in the IdP" if each["deletedInIdp"] else "yes" if each["active"] else "no"
        linked = "yes" if each["linked"] else "no"
        who = (escape(each["userName"]), escape(each["name"]))
        rows.add_row(each["id"], *who, emails, active, linked, each["created"][:10])
    out.print(rows)
    if row["note"]:
        note = row["note"]
        out.print(f"  dismissed by {note['by']} at {note['at']}: {escape(note['reason'] or '-')}")
    for each in report.remedy(tenant, row):
        out.print(f"  {escape(each.replace('`', ''))}", soft_wrap=True)


def named(account: Row) -> str:
    """Return an account in one cell."""
    return escape(account["userName"] or f"{account['id']} (gone)")
