"""The names of target attributes that a server's schemas reveal, as the validator reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rollcall.gallery.scim_client import Document
from rollcall.gallery.target_attributes import CORE_GROUP, CORE_USER

REFERENCES = {"manager", "members"}
"""What is listed by its own name, whatever is within."""


class DiscoveredNames(NamedTuple):
    """The names of a user's and of a group's target attributes."""

    user: frozenset[str]
    group: frozenset[str]

    def missing(self, user: Iterable[str], group: Iterable[str]) -> tuple[list[str], list[str]]:
        """Return which of these names are not among them, in any case of letters."""
        users, groups = ({name.lower() for name in names} for names in self)
        return (
            [name for name in user if name.lower() not in users],
            [name for name in group if name.lower() not in groups],
        )


def discover(schemas: Iterable[Document]) -> DiscoveredNames:
    """Flatten schemas to the names of target attributes.

    Every schema that is neither User nor Group counts as an extension of User.
    """
    user: set[str] = set()
    group: set[str] = set()
    for schema in schemas:
        urn, attributes = schema.get("id"), _dicts(schema.get("attributes"))
        if urn == CORE_GROUP:
            group.update(_flatten(attributes))
        elif urn == CORE_USER:
            user.update(_flatten(attributes))
        else:
            user.update(f"{urn}:{attribute.get('name')}" for attribute in attributes)
    return DiscoveredNames(frozenset(user), frozenset(group))


def _flatten(attributes: Iterable[Document]) -> Iterator[str]:
    for attribute in attributes:
        name, kind = str(attribute.get("name")), attribute.get("type")
        if name in REFERENCES:
            yield name
        elif kind == "complex":
            inner = _dicts(attribute.get("subAttributes"))
            several = attribute.get("multiValued") is True
            yield from _elements(name, inner) if several else _parts(name, inner)
        elif kind != "reference":
            yield name


def _elements(name: str, inner: list[Document]) -> Iterator[str]:
    """Yield the value paths of a multi-valued attribute: by its canonical types, or the primary."""
    types = [kind for each in inner if each.get("name") == "type" for kind in _canonical(each)]
    if types:
        parts = [each.get("name") for each in inner if each.get("name") not in {"type", "primary"}]
        yield from (f'{name}[type eq "{kind}"].{part}' for kind in types for part in parts)
    else:
        parts = [each.get("name") for each in inner if each.get("name") != "primary"]
        yield from (f'{name}[primary eq "True"].{part}' for part in parts)


def _parts(name: str, inner: list[Document]) -> Iterator[str]:
    for each in inner:
        if each.get("type") not in {"complex", "reference"}:
            yield f"{name}.{each.get('name')}"


def _canonical(attribute: Document) -> list[str]:
    values = attribute.get("canonicalValues")
    return [str(value) for value in values] if isinstance(values, list) else []


def _dicts(value: object) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
