"""How the command shows a finding."""

from __future__ import annotations

import json
from collections.abc import Callable

from rollcall.cli.listing import Listing
from rollcall.cli.terminal import print_listing, say
from rollcall.operations.duplicates import FindingRow, reason_sentences, remedy


def say_marked(user: str, as_json: bool, dry_run: bool, *, marked: bool) -> None:
    """Say that a user is a service account from now on, or is none any more."""
    if as_json:
        print(json.dumps({"user": user, "service": marked, "dryRun": dry_run}))
        return
    would = "would be" if dry_run else "is"
    say(f"{user} {would} {'a service account' if marked else 'a person'} from the next run.")


def print_finding(tenant: str, row: FindingRow) -> None:
    """Print a finding with its accounts, side by side where there is room."""
    say(f"{row['finding']} {row['kind']}, {row['state']}, since {row['since']}")
    for sentence in reason_sentences(row):
        say(f"  {sentence}")
    accounts = row["accounts"]
    print_listing(_side_by_side(accounts), _one_by_one(accounts))
    if row["note"]:
        note = row["note"]
        say(f"  dismissed by {note['by']} at {note['at']}: {note['reason'] or '-'}")
    for sentence in remedy(tenant, row):
        say(f"  {sentence}")


def account_name(account: FindingRow) -> str:
    """Return the name of an account, its id when the account does not exist any more."""
    return str(account["userName"] or f"{account['id']} (gone)")


def _side_by_side(accounts: list[FindingRow]) -> Listing:
    """Return a column for each account."""
    rows = Listing("", *("account" for _ in accounts))
    for title, text in _COLUMNS.items():
        rows.add(title, *map(text, accounts))
    return rows


def _one_by_one(accounts: list[FindingRow]) -> Listing:
    """Return a row for each account."""
    rows = Listing("account", *_COLUMNS)
    for account in accounts:
        rows.add(account_name(account), *(text(account) for text in _COLUMNS.values()))
    return rows


def _active(account: FindingRow) -> str:
    if account["userName"] is None:
        return "gone"
    return "deleted in the IdP" if account["deletedInIdp"] else _yes(account["active"])


def _yes(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


_COLUMNS: dict[str, Callable[[FindingRow], str]] = {
    "id": lambda account: account["id"],
    "userName": lambda account: account["userName"] or "",
    "name": lambda account: account["name"],
    "e-mails": lambda account: "\n".join(account["emails"]),
    "active": _active,
    "linked": lambda account: _yes(account.get("linked")),
    "created": lambda account: account.get("created", "")[:10],
}
