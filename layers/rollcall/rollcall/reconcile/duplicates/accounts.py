"""The accounts that a finding is about, as they are now."""

from __future__ import annotations

from collections.abc import Iterable

from rollcall.reconcile.duplicates.findings import Account
from rollcall.scim import evidence
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage.documents import record_of, was_created_linked
from rollcall.storage.findings import SERVICE, Findings
from rollcall.storage.resources import Resources


class Accounts:
    """The accounts of one tenant."""

    def __init__(self, resources: Resources, findings: Findings) -> None:
        self._resources = resources
        self._findings = findings

    def read(self, identifiers: Iterable[str]) -> dict[str, Account]:
        """Read accounts by id, 50 in a round trip; those that are gone are left out."""
        wanted, own = sorted(set(identifiers)), self._findings.keys
        flags = {each: own.flag(each, SERVICE) for each in wanted}
        documents = {each: own.document(Kind.USER, each) for each in wanted}
        items = self._resources.table.get_many([*documents.values(), *flags.values()])
        found = {}
        for each, key in documents.items():
            item = items.get((key["pk"], key["sk"]))
            record = None if item is None else record_of(Kind.USER, item)
            if item is not None and record is not None:
                service = (flags[each]["pk"], flags[each]["sk"]) in items
                found[each] = account(record, was_created_linked(item), service)
        return found


def account(record: Record, created_linked: bool, service: bool = False) -> Account:
    """Return what is looked at of a user."""
    document = record.document
    return Account(
        id=record.id,
        user_name=document["userName"],
        name=evidence.full_name(document),
        emails=tuple(each["value"] for each in document.get("emails", ()) if each.get("value")),
        active=document.get("active") is not False,
        created=record.created,
        linked=not record.link.local,
        former=evidence.former(document["userName"]) is not None,
        service=service,
        created_linked=created_linked,
        employee_number=evidence.employee_number(document),
        telephones=evidence.telephones(document),
    )
