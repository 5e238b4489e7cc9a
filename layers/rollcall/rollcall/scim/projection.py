"""Which attributes a response holds: `attributes`, `excludedAttributes` (RFC 7644 section 3.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from scim2_models import Returned

from rollcall.scim.attributes import (
    Attribute,
    KeyPath,
    Schema,
    declared,
    designate_key,
    with_characteristic,
)
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.resource_type import Kind

MAX_NAMES = 500
"""How many attributes a request names; clients list every attribute with its URN."""

_ALWAYS = frozenset({("schemas",), ("id",)})

Tree: TypeAlias = "dict[str, Tree]"
"""What stands under which key; an empty tree is all that stands there."""


@dataclass(frozen=True)
class Projection:
    """The attributes that a client asked for, or asked to leave out; neither by default."""

    attributes: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    _resolved: dict[Kind, _Resolved] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, attributes: Iterable[str] | None, excluded: Iterable[str] | None) -> Projection:
        """Read the two parameters, each a list of names or of comma-separated names.

        Raises InvalidValueException when both are given, or one names more than MAX_NAMES.
        """
        wanted, unwanted = _names("attributes", attributes), _names("excludedAttributes", excluded)
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
        return name in self._on(kind).wanted

    def returns(self, kind: Kind, name: str) -> bool:
        """Tell whether an attribute that is returned by default is to be returned."""
        if self.attributes:
            return self.names(kind, name)
        return self._on(kind).unwanted.get(name) != {}

    def apply(
        self, kind: Kind, resource: dict[str, Any], sent: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the part of a representation that was asked for, and what is always returned.

        In the answer to a write, `sent` is its body: what is returned on request is then returned
        also when the client wrote it (RFC 7643 section 7).
        """
        resolved = self._on(kind)
        if self.attributes:
            resource = _pick(resource, resolved.kept)
        if self.excluded:
            resource = _pick(resource, resolved.kept) | _drop(resource, resolved.dropped)
        requested = resolved.requested
        if requested and sent is not None:
            requested -= _written(kind, sent)
        hidden = with_characteristic(kind, Returned.never) | requested
        return _drop(resource, _tree(hidden)) if hidden else resource

    def _on(self, kind: Kind) -> _Resolved:
        """Return what the names mean on a resource type, found out once."""
        if kind not in self._resolved:
            self._resolved[kind] = _Resolved.of(kind, self.attributes, self.excluded)
        return self._resolved[kind]


@dataclass(frozen=True)
class _Resolved:
    """What a projection means on one resource type.

    `wanted` and `unwanted` is what the client named, `kept` and `dropped` what follows from that
    with what is always returned, `requested` what is returned on request and was not asked for.
    """

    wanted: Tree
    unwanted: Tree
    kept: Tree
    dropped: Tree
    requested: frozenset[KeyPath]

    @classmethod
    def of(cls, kind: Kind, attributes: Iterable[str], excluded: Iterable[str]) -> _Resolved:
        wanted, unwanted = _paths(kind, attributes), _paths(kind, excluded)
        always = _ALWAYS | with_characteristic(kind, Returned.always)
        kept = {path for path in always if not _is_inner(path)}
        beside = {path for path in always - kept if any(_is_beside(path, by) for by in wanted)}
        return cls(
            _tree(wanted),
            _tree(unwanted),
            _tree(wanted | kept | beside),
            _tree(unwanted - always),
            with_characteristic(kind, Returned.request) - wanted,
        )


def _written(
    kind: Kind,
    sent: Mapping[str, Any],
    prefix: str = "",
    find: Callable[[Kind, str], Attribute | Schema | None] = declared,
) -> set[KeyPath]:
    """Return where the attributes stand that the body of a write names."""
    found: set[KeyPath] = set()
    for key, value in sent.items():
        if key.lower() == "operations" and isinstance(value, list):
            for each in value:
                given = {name.lower(): item for name, item in each.items()}
                named = {given.get("path") or "": given.get("value")}
                found |= _written(kind, named, find=designate_key)
            continue
        named_by = find(kind, key if key.lower().startswith("urn:") else f"{prefix}{key}")
        if isinstance(value, dict) and (not key or isinstance(named_by, Schema)):
            below = f"{named_by.urn}:" if isinstance(named_by, Schema) else ""
            found |= _written(kind, value, below, find)
        elif isinstance(named_by, Attribute):
            found.add(named_by.keys)
    return found


def _is_inner(path: KeyPath) -> bool:
    """Tell whether a path leads to a sub-attribute."""
    return len(path) > (2 if ":" in path[0] else 1)


def _is_beside(path: KeyPath, other: KeyPath) -> bool:
    """Tell whether a sub-attribute is of the attribute that another path is of."""
    return path[:-1] == other[: len(path) - 1]


def _names(parameter: str, values: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names in a parameter, each once in any spelling."""
    names = (_whole(name) for value in values or () for name in value.split(","))
    found = tuple(dict.fromkeys(name for name in names if name))
    if len(found) > MAX_NAMES:
        raise InvalidValueException(detail=f"{parameter} names at most {MAX_NAMES} attributes")
    return found


def _whole(name: str) -> str:
    """Return a name in lower case, without a selection among values: it is shown or not."""
    before, _, selection = name.strip().lower().partition("[")
    return before + selection.rpartition("]")[2]


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


def _tree(paths: Iterable[KeyPath]) -> Tree:
    """Return paths as a tree, in which a part adds nothing to its whole."""
    tree: Tree = {}
    for path in sorted(paths, key=len, reverse=True):
        below = tree
        for key in path[:-1]:
            below = below.setdefault(key, {})
        below[path[-1]] = {}
    return tree


def _pick(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [picked for each in value if (picked := _pick(each, tree))]
    picked = {}
    for key, item in value.items():
        below = tree.get(key)
        if below == {}:
            picked[key] = item
        elif below and isinstance(item, dict | list) and (part := _pick(item, below)):
            picked[key] = part
    return picked


def _drop(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [kept for each in value if (kept := _drop(each, tree))]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        below = tree.get(key)
        if below is None:
            kept[key] = item
        elif below and (part := _drop(item, below)):
            kept[key] = part
    return kept
