"""Accounts, people and export files to check against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rollcall.model.account_link import AccountLink, LinkState
from rollcall.reconcile.conflicts.conflict_check import ConflictCheck, check
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.entra_export import EntraExport
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.scim.resource_type import ENTERPRISE
from tests.operations.operators import finished

LOCAL = AccountLink(LinkState.LOCAL)
GRAPH: dict[str, Any] = {
    "mail": None, "otherMails": [], "proxyAddresses": [], "mailNickname": None, "displayName": None,
    "givenName": None, "surname": None, "employeeId": None, "accountEnabled": True,
}  # fmt: skip
"""What Graph answers for every property that was asked for and that a user does not have."""


def account(
    name: str, *emails: str, number: str | None = None, link: AccountLink = LOCAL, **attributes: Any
) -> DirectoryAccount:
    """Return an account whose id is `id-` and its userName."""
    document: dict[str, Any] = {"userName": name, "active": True, **attributes}
    if emails:
        document["emails"] = [{"value": each, "type": "work"} for each in emails]
    if number:
        document[ENTERPRISE] = {"employeeNumber": number}
    return DirectoryAccount(f"id-{name}", document, link)


def person(upn: str, **properties: Any) -> dict[str, Any]:
    """Return a user as Graph answers it; the object id is `object-` and the name."""
    return {"id": f"object-{upn}", "userPrincipalName": upn, **GRAPH, **properties}


def graph(path: Path, *people: dict[str, Any]) -> EntraExport:
    """Write a page of Graph's answer."""
    path.write_text(json.dumps({"@odata.context": "https://x", "value": people}))
    return EntraExport(path)


def checked(
    path: Path, accounts: list[DirectoryAccount], people: list[dict[str, Any]], **job: Any
) -> ConflictCheck:
    """Check people against accounts."""
    return finished(
        check(ProvisioningJob("acme", **job), graph(path / "users.json", *people), accounts)
    )


def found(
    path: Path, accounts: list[DirectoryAccount], people: list[dict[str, Any]], **job: Any
) -> list[ConflictFinding]:
    """Return the findings of a check."""
    return list(checked(path, accounts, people, **job).findings())
