"""Which attributes a response holds: `attributes`, `excludedAttributes` (RFC 7644 section 3.9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from scim2_models import Returned

from rollcall.scim.attributes import Attribute, KeyPath, Schema, declared, marked
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.resources import Kind

_ALWAYS = frozenset({("schemas",), ("id",)})


@dataclass(frozen=True)
class Projection:
    """The attributes that a client asked for, or asked to leave out; neither by default."""

    attributes: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(cls, attributes: Iterable[str] | None, excluded: Iterable[str] | None) -> Projection:
        """Read the two parameters, each a list of names or of comma-separated names.

        Raises InvalidValueException when both are given.
        """
        wanted, unwanted = _names(attributes), _names(excluded)
        if wanted and unwanted:
            raise InvalidValueException(
                detail="attributes and excludedAttributes exclude each other"
            )
        return cls(wanted, unwanted)

    def __bool__(self) -> bool:
        """Tell whether the client asked for anything in particular."""
        return bool(self.attributes or self.excluded)

    def names(self, kind: Kind, name: str) -> bool:
        """Tell whether `attributes` asks for an attribute or a part of it."""
        return any(path[0] == name for path in _paths(kind, self.attributes))

    def returns(self, kind: Kind, name: str) -> bool:
        """Tell whether an attribute that is returned by default is to be returned."""
        if self.attributes:
            return self.names(kind, name)
        return (name,) not in _paths(kind, self.excluded)

    def apply(
        self, kind: Kind, resource: dict[str, Any], sent: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the part of a representation that was asked for, and what is always returned.

        In the answer to a write, `sent` is its body: what is returned on request is then returned
        also when the client wrote it (RFC 7643 section 7).
        """
        wanted, unwanted = _paths(kind, self.attributes), _paths(kind, self.excluded)
        always = _ALWAYS | marked(kind, Returned.always)
        kept = {path for path in always if not _is_inner(path)}
        if self.attributes:
            beside = {path for path in always - kept if any(_is_beside(path, by) for by in wanted)}
            resource = _pick(resource, wanted | kept | beside)
        if self.excluded:
            resource = _pick(resource, kept) | _drop(resource, unwanted - always)
        requested = marked(kind, Returned.request) - wanted
        if requested and sent is not None:
            requested -= _written(kind, sent)
        hidden = marked(kind, Returned.never) | requested
        return _drop(resource, hidden) if hidden else resource


def _written(kind: Kind, sent: Mapping[str, Any], prefix: str = "") -> set[KeyPath]:
    """Return where the attributes stand that the body of a write names."""
    found: set[KeyPath] = set()
    for key, value in sent.items():
        named = declared(kind, key if key.lower().startswith("urn:") else f"{prefix}{key}")
        if key.lower() == "operations" and isinstance(value, list):
            for each in value:
                given = {name.lower(): item for name, item in each.items()}
                found |= _written(kind, {given.get("path") or "": given.get("value")})
        elif isinstance(value, dict) and (not key or isinstance(named, Schema)):
            found |= _written(kind, value, f"{named.urn}:" if isinstance(named, Schema) else "")
        elif isinstance(named, Attribute):
            found.add(named.keys)
    return found


def _is_inner(path: KeyPath) -> bool:
    """Tell whether a path leads to a sub-attribute."""
    return len(path) > (2 if ":" in path[0] else 1)


def _is_beside(path: KeyPath, other: KeyPath) -> bool:
    """Tell whether a sub-attribute is of the attribute that another path is of."""
    return path[:-1] == other[: len(path) - 1]


def _names(values: Iterable[str] | None) -> tuple[str, ...]:
    names = (name.strip() for value in values or () for name in value.split(","))
    return tuple(name for name in names if name)


def _paths(kind: Kind, names: Iterable[str]) -> set[KeyPath]:
    """Return the keys, from the outside in, of what the names designate; unknown ones nowhere."""
    paths: set[KeyPath] = set()
    for name in names:
        found = declared(kind, name)
        if isinstance(found, Schema) and found.is_extension:
            paths.add((found.urn,))
        elif isinstance(found, Attribute):
            paths.add(found.keys)
    return paths


def _pick(value: Any, paths: AbstractSet[KeyPath]) -> Any:
    if isinstance(value, list):
        return [picked for each in value if (picked := _pick(each, paths))]
    picked = {}
    for key, item in value.items():
        below = {path[1:] for path in paths if path[0] == key}
        if () in below:
            picked[key] = item
        elif below and isinstance(item, dict | list):
            part = _pick(item, below)
            if part:
                picked[key] = part
    return picked


def _drop(value: Any, paths: AbstractSet[KeyPath]) -> Any:
    if isinstance(value, list):
        return [kept for each in value if (kept := _drop(each, paths))]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        below = {path[1:] for path in paths if path[0] == key}
        if not below:
            kept[key] = item
        elif () not in below and (part := _drop(item, below)):
            kept[key] = part
    return kept
