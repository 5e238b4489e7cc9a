"""What is indexed, derived from a document: claims that are unique, lookups that are not.

One table per resource type; the storage room writes the difference between before and after in the
transaction that writes the document, the planner answers `eq` on these attributes from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.scim.errors import InvalidValueException
from rollcall.scim.folding import exact, folded
from rollcall.scim.resources import ENTERPRISE, Kind

MAX_VALUES = 20
"""How many values a multi-valued attribute that is looked up may have."""


@dataclass(frozen=True, order=True)
class Entry:
    """One value of an indexed attribute, under the key by which it is compared."""

    attribute: str
    key: str


@dataclass(frozen=True)
class Indexed:
    """An attribute of which `eq` is looked up: where it stands and how it is compared."""

    attribute: str
    values: Callable[[Mapping[str, Any]], list[Any]]
    fold: Callable[[str], str]
    unique: bool = False


def _at(*path: str) -> Callable[[Mapping[str, Any]], list[Any]]:
    def values(document: Mapping[str, Any]) -> list[Any]:
        found: Any = document
        for name in path:
            if isinstance(found, list):
                found = [each.get(name) for each in found]
            else:
                found = found.get(name, {}) if isinstance(found, Mapping) else {}
        return found if isinstance(found, list) else [found]

    return values


INDEXED: dict[Kind, tuple[Indexed, ...]] = {
    Kind.USER: (
        Indexed("userName", _at("userName"), folded, unique=True),
        Indexed("externalId", _at("externalId"), exact),
        Indexed("emails.value", _at("emails", "value"), folded),
        Indexed(f"{ENTERPRISE}:employeeNumber", _at(ENTERPRISE, "employeeNumber"), folded),
    ),
    Kind.GROUP: (
        Indexed("displayName", _at("displayName"), folded, unique=True),
        Indexed("externalId", _at("externalId"), exact),
    ),
}


def claim(kind: Kind, document: Mapping[str, Any]) -> Entry:
    """Return the entry that no other resource of the type may have."""
    unique = next(each for each in INDEXED[kind] if each.unique)
    return Entry(unique.attribute, unique.fold(unique.values(document)[0]))


def lookups(kind: Kind, document: Mapping[str, Any]) -> frozenset[Entry]:
    """Return the entries under which the resource is found by `eq`.

    Raises InvalidValueException when an attribute has more than MAX_VALUES values.
    """
    found: set[Entry] = set()
    for indexed in INDEXED[kind]:
        if indexed.unique:
            continue
        values = [each for each in indexed.values(document) if isinstance(each, str) and each]
        if len(values) > MAX_VALUES:
            name = indexed.attribute.partition(".")[0]
            raise InvalidValueException(detail=f"{name} takes at most {MAX_VALUES} values")
        found.update(Entry(indexed.attribute, indexed.fold(each)) for each in values)
    return frozenset(found)
