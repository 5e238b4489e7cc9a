"""An account of the directory, with the attributes that the check compares."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rollcall.model import match_keys
from rollcall.model.account_link import AccountLink, LinkState
from rollcall.model.match_keys import Source
from rollcall.scim import indexing
from rollcall.scim.indexing import IndexEntry
from rollcall.scim.resource_type import ENTERPRISE, Kind
from rollcall.storage.resources import Resources
from rollcall.storage.table import MAX_BATCH

_STORED_ATTRIBUTES = (
    "userName",
    "displayName",
    "name",
    "emails",
    "externalId",
    "active",
    ENTERPRISE,
)


@dataclass(frozen=True)
class DirectoryAccount:
    """A user's id, document and link."""

    id: str
    document: Mapping[str, Any]
    link: AccountLink = field(default_factory=AccountLink)

    @property
    def user_name(self) -> str:
        """The userName."""
        return str(self.document["userName"])

    @property
    def active(self) -> bool:
        """Whether the account is active; it is when the attribute is missing."""
        return self.document.get("active") is not False

    def entries(self) -> Iterator[IndexEntry]:
        """Yield the index entries by which the filter of a client finds the account."""
        yield indexing.claim(Kind.USER, self.document)
        yield from indexing.lookups(Kind.USER, self.document)

    def employee_number(self) -> str | None:
        """Return the employee number in its canonical form."""
        return next(self._canonical(Source.EMPLOYEE_NUMBER), None)

    def full_name(self) -> str | None:
        """Return the name in its canonical form."""
        return next(self._canonical(Source.NAME), None)

    def _canonical(self, source: Source) -> Iterator[str]:
        return (key.canonical for key in match_keys.of(self.document) if key.source is source)

    def to_json(self) -> str:
        """Return the account as JSON, with the attributes that a check needs."""
        attributes = {key: self.document[key] for key in _STORED_ATTRIBUTES if key in self.document}
        return json.dumps([self.id, attributes, self.link.state.value, self.link.protected])

    @classmethod
    def from_json(cls, text: str) -> DirectoryAccount:
        """Return the account that `to_json` wrote."""
        identifier, document, state, protected = json.loads(text)
        return cls(identifier, document, AccountLink(LinkState(state), protected))


def read_accounts(resources: Resources) -> Iterator[DirectoryAccount]:
    """Yield all accounts of a tenant in the order of creation, 100 in 2 round trips."""
    identifiers = resources.ids(Kind.USER)
    while batch := list(islice(identifiers, MAX_BATCH)):
        for record in resources.read_many(Kind.USER, batch).values():
            yield DirectoryAccount(record.id, record.document, record.link)
