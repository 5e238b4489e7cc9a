"""Reads the accounts that findings are about."""

from __future__ import annotations

from collections.abc import Iterable

from rollcall.model import match_keys
from rollcall.model.record import Record
from rollcall.reconcile.duplicates.duplicate_finding import FindingAccount
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import record_of, was_created_linked
from rollcall.storage.findings import SERVICE, Findings
from rollcall.storage.resources import Resources


class FindingAccounts:
    """The accounts of one tenant, as findings need them."""

    def __init__(self, resources: Resources, findings: Findings) -> None:
        self._resources = resources
        self._findings = findings

    def read(self, identifiers: Iterable[str]) -> dict[str, FindingAccount]:
        """Read accounts by id, 50 in a round trip; accounts that do not exist are left out."""
        unique, keys = sorted(set(identifiers)), self._findings.keys
        flags = {identifier: keys.flag(identifier, SERVICE) for identifier in unique}
        documents = {identifier: keys.document(Kind.USER, identifier) for identifier in unique}
        items = self._resources.table.get_many([*documents.values(), *flags.values()])
        accounts = {}
        for identifier, key in documents.items():
            item = items.get((key["pk"], key["sk"]))
            record = None if item is None else record_of(Kind.USER, item)
            if item is not None and record is not None:
                service = (flags[identifier]["pk"], flags[identifier]["sk"]) in items
                accounts[identifier] = finding_account(record, was_created_linked(item), service)
        return accounts


def finding_account(record: Record, created_linked: bool, service: bool = False) -> FindingAccount:
    """Return the values of a user that findings look at."""
    document = record.document
    return FindingAccount(
        id=record.id,
        user_name=document["userName"],
        name=match_keys.full_name(document),
        emails=tuple(email["value"] for email in document.get("emails", ()) if email.get("value")),
        active=document.get("active") is not False,
        created=record.created,
        linked=not record.link.local,
        soft_deleted=match_keys.former(document["userName"]) is not None,
        service=service,
        created_linked=created_linked,
        employee_number=match_keys.employee_number(document),
        telephones=match_keys.telephones(document),
    )
