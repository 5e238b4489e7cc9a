"""Accounts for tests of detection, and the index over their evidence as a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollcall.reconcile.duplicates.findings import Account
from rollcall.scim import evidence
from rollcall.scim.evidence import Clue

Documents = Mapping[str, Mapping[str, Any]]


def clues(documents: Documents, after: str = "") -> Iterator[Clue]:
    """Yield the clues of all documents in the order of the table's index."""
    found = [
        (f"{each.canonical}#{each.source}#{identifier}", each, identifier)
        for identifier, document in documents.items()
        for each in evidence.of(document)
    ]
    for position, each, identifier in sorted(found):
        if position > after:
            yield Clue(each, identifier, position)


def accounts(documents: Documents) -> dict[str, Account]:
    """Return what is looked at of all documents."""
    return {
        identifier: Account(
            identifier,
            document["userName"],
            evidence.full_name(document),
            active=document.get("active", True),
            former=evidence.former(document["userName"]) is not None,
        )
        for identifier, document in documents.items()
    }
