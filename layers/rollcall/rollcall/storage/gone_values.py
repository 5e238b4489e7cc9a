"""The values that deleted users had, by keyed hashes: they answer who anna@example.com was.

An item for each value and user, written in the transaction that deletes the user, and kept as long
as the tombstone. Only the tenant's key makes the hash of a value, so the items name nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.model import match_keys, redaction
from rollcall.storage import keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

Hashes = Mapping[str, tuple[str, ...]]
"""The attributes that a user had a value in, by the keyed hash of the value."""


@dataclass(frozen=True)
class GoneValue:
    """A deleted user that had a value, and the attributes that it had the value in."""

    user: str
    attributes: tuple[str, ...]


class GoneValues:
    """The values of the deleted users of one tenant; none are written without the tenant's key."""

    def __init__(self, table: Table, tenant: str, key: bytes) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self._key = key

    def hashes(self, document: Mapping[str, Any]) -> Hashes:
        """Return the keyed hashes of userName, externalId and addresses of a user."""
        found: dict[str, list[str]] = {}
        for attribute, value in _values(document) if self._key else ():
            attributes = found.setdefault(redaction.keyed_hash(self._key, value), [])
            if attribute not in attributes:
                attributes.append(attribute)
        return {hashed: tuple(attributes) for hashed, attributes in found.items()}

    def additions(self, user: str, hashes: Hashes, expires: int) -> list[Action]:
        """Return the actions that note the values of a user; `expires` is a Unix time."""
        return [
            Action(
                "Put",
                self._keys.gone_value(hashed, user),
                item={"attributes": list(attributes), "expires": expires},
            )
            for hashed, attributes in hashes.items()
        ]

    def deletions(self, user: str, hashes: Iterable[str]) -> list[Action]:
        """Return the actions that forget the values of a user."""
        return [Action("Delete", self._keys.gone_value(hashed, user)) for hashed in hashes]

    def read(self, user: str, hashes: Iterable[str]) -> Hashes:
        """Return which attributes of a deleted user had the values with some hashes."""
        keys_of = {hashed: self._keys.gone_value(hashed, user) for hashed in hashes}
        items = self._table.get_many(keys_of.values())
        return {
            hashed: tuple(items[key["pk"], key["sk"]]["attributes"])
            for hashed, key in keys_of.items()
            if (key["pk"], key["sk"]) in items
        }

    def find(self, value: str) -> list[GoneValue]:
        """Return the deleted users that had a value, in any spelling, in one query."""
        partition = self._keys.gone_values(redaction.keyed_hash(self._key, value))
        return [
            GoneValue(keys.identifier(item["sk"]), tuple(item["attributes"]))
            for item in self._table.query(partition)
        ]


def _values(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the values by which people ask for a user, each with its attribute."""
    user_name = document.get("userName") or ""
    yield "userName", user_name
    if before := match_keys.former(user_name):  # Entra ID renames whom it deletes softly
        yield "userName", before
    if external := document.get("externalId"):
        yield "externalId", external
    for email in document.get("emails") or ():
        if address := email.get("value"):
            yield "emails", address
