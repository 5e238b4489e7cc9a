"""What is indexed, derived from a document: claims that are unique, lookups that are not.

One table per resource type; the storage room writes the difference between before and after in the
transaction that writes the document, the planner answers `eq` on these attributes from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rollcall.scim.case_folding import collapsed, exact, folded, former
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.resource_type import ENTERPRISE, Kind

MAX_VALUES = 20
"""How many values a multi-valued attribute that is looked up may have."""


class Index(StrEnum):
    """The orders in which the resources of a type are indexed."""

    CREATED = "created"
    NAME = "name"
    CHANGED = "changed"


@dataclass(frozen=True, order=True)
class IndexEntry:
    """One value of an indexed attribute, under the key by which it is compared.

    `former` is its key in earlier releases, None where it is the same; their items have it until
    the tenant is moved.
    """

    attribute: str
    key: str
    former: str | None = None

    @property
    def forms(self) -> tuple[IndexEntry, ...]:
        """The entry, and the one of earlier releases where it differs."""
        keys = (self.key,) if self.former is None else (self.key, self.former)
        return tuple(IndexEntry(self.attribute, each) for each in keys)


@dataclass(frozen=True)
class Indexed:
    """An attribute with lookups for `eq`: its values in a document, and how they are compared."""

    attribute: str
    values: Callable[[Mapping[str, Any]], list[Any]]
    fold: Callable[[str], str]
    unique: bool = False

    def entry(self, value: str) -> IndexEntry:
        """Return the entry of a value."""
        key, before = self.fold(value), exact(value) if self.fold is exact else former(value)
        return IndexEntry(self.attribute, key, None if before == key else before)


def _values_at(*path: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    def values(document: Mapping[str, Any]) -> list[Any]:
        value: Any = document
        for name in path:
            if isinstance(value, list):
                value = [each.get(name) for each in value]
            else:
                value = value.get(name, {}) if isinstance(value, Mapping) else {}
        return value if isinstance(value, list) else [value]

    return values


INDEXED: dict[Kind, tuple[Indexed, ...]] = {
    Kind.USER: (
        Indexed("userName", _values_at("userName"), folded, unique=True),
        Indexed("externalId", _values_at("externalId"), exact),
        Indexed("emails.value", _values_at("emails", "value"), folded),
        Indexed(f"{ENTERPRISE}:employeeNumber", _values_at(ENTERPRISE, "employeeNumber"), folded),
    ),
    Kind.GROUP: (
        Indexed("displayName", _values_at("displayName"), collapsed, unique=True),
        Indexed("externalId", _values_at("externalId"), exact),
    ),
}


def claim(kind: Kind, document: Mapping[str, Any]) -> IndexEntry:
    """Return the entry that no other resource of the type may have."""
    unique = next(each for each in INDEXED[kind] if each.unique)
    return unique.entry(unique.values(document)[0])


def is_unchanged(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Tell whether two documents have the same entries because the same values are indexed."""
    return all(each.values(before) == each.values(after) for each in INDEXED[kind])


def lookups(kind: Kind, document: Mapping[str, Any]) -> frozenset[IndexEntry]:
    """Return the entries under which the resource is found by `eq`.

    Raises InvalidValueException when an attribute has more than MAX_VALUES values.
    """
    return frozenset(each.forms[0] for each in _entries(kind, document))


def former_lookups(kind: Kind, document: Mapping[str, Any]) -> dict[IndexEntry, IndexEntry]:
    """Return the entries of `lookups` that had another key in earlier releases, by that entry."""
    entries = (each.forms for each in _entries(kind, document))
    return {old: new for new, *others in entries for old in others}


def _entries(kind: Kind, document: Mapping[str, Any]) -> Iterator[IndexEntry]:
    for indexed in INDEXED[kind]:
        if indexed.unique:
            continue
        values = [each for each in indexed.values(document) if isinstance(each, str) and each]
        if len(values) > MAX_VALUES:
            name = indexed.attribute.partition(".")[0]
            raise InvalidValueException(detail=f"{name} takes at most {MAX_VALUES} values")
        yield from map(indexed.entry, values)
