"""The accounts that a finding is about, as they are now."""

from __future__ import annotations

from collections.abc import Iterable

from rollcall.reconcile.duplicates.findings import Account
from rollcall.scim import evidence
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage.findings import Findings
from rollcall.storage.resources import Resources


class Accounts:
    """The accounts of one tenant."""

    def __init__(self, resources: Resources, findings: Findings) -> None:
        self._resources = resources
        self._findings = findings

    def read(self, identifiers: Iterable[str]) -> dict[str, Account]:
        """Read accounts by id, 100 in 2 round trips; those that are gone are left out."""
        wanted = sorted(set(identifiers))
        service = self._findings.marked(wanted)
        found = self._resources.read_many(Kind.USER, wanted)
        return {each: _account(record, each in service) for each, record in found.items()}


def _account(record: Record, service: bool) -> Account:
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
    )
