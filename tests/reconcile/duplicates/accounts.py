"""Accounts for tests of detection, and the index over their evidence as a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollcall.model import match_keys
from rollcall.model.match_keys import MatchKey
from rollcall.reconcile.duplicates.duplicate_finding import FindingAccount

Documents = Mapping[str, Mapping[str, Any]]


def clues(documents: Documents, after: str = "") -> Iterator[MatchKey]:
    """Yield the clues of all documents in the order of the table's index."""
    found = [
        (f"{each.canonical}#{each.source}#{identifier}", each, identifier)
        for identifier, document in documents.items()
        for each in match_keys.of(document)
    ]
    for position, each, identifier in sorted(found):
        if position > after:
            yield MatchKey(each, identifier, position)


def accounts(documents: Documents) -> dict[str, FindingAccount]:
    """Return what is looked at of all documents."""
    return {
        identifier: FindingAccount(
            identifier,
            document["userName"],
            match_keys.full_name(document),
            active=document.get("active", True),
            soft_deleted=match_keys.former(document["userName"]) is not None,
        )
        for identifier, document in documents.items()
    }
