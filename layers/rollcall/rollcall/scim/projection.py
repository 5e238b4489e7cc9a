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
"""Keys and the part of their values; an empty tree stands for the whole value."""


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
        included, omitted = _names("attributes", attributes), _names("excludedAttributes", excluded)
        if included and omitted:
            raise InvalidValueException(
                detail="attributes and excludedAttributes exclude each other"
            )
        return cls(included, omitted)

    def __bool__(self) -> bool:
        """Tell whether the client named any attributes."""
        return bool(self.attributes or self.excluded)

    def names(self, kind: Kind, name: str) -> bool:
        """Tell whether `attributes` names an attribute or a part of it."""
        return name in self._resolve(kind).included

    def returns(self, kind: Kind, name: str) -> bool:
        """Tell whether an attribute that is returned by default is to be returned."""
        if self.attributes:
            return self.names(kind, name)
        return self._resolve(kind).excluded.get(name) != {}

    def apply(
        self, kind: Kind, resource: dict[str, Any], sent: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the part of a representation that was asked for, and what is always returned.

        In the answer to a write, `sent` is its body: what is returned on request is then returned
        also when the client wrote it (RFC 7643 section 7).
        """
        resolved = self._resolve(kind)
        if self.attributes:
            resource = _pick(resource, resolved.picked)
        if self.excluded:
            resource = _pick(resource, resolved.picked) | _drop(resource, resolved.dropped)
        on_request = resolved.on_request
        if on_request and sent is not None:
            on_request -= _written_keys(kind, sent)
        hidden = with_characteristic(kind, Returned.never) | on_request
        return _drop(resource, _tree(hidden)) if hidden else resource

    def _resolve(self, kind: Kind) -> _Resolved:
        """Return the keys of the names on a resource type, resolved once."""
        if kind not in self._resolved:
            self._resolved[kind] = _Resolved.of(kind, self.attributes, self.excluded)
        return self._resolved[kind]


@dataclass(frozen=True)
class _Resolved:
    """A projection on one resource type.

    `included` and `excluded` are what the client named; `picked` and `dropped` follow from that and
    from what is always returned; `on_request` is returned on request only and was not named.
    """

    included: Tree
    excluded: Tree
    picked: Tree
    dropped: Tree
    on_request: frozenset[KeyPath]

    @classmethod
    def of(cls, kind: Kind, attributes: Iterable[str], excluded: Iterable[str]) -> _Resolved:
        included, omitted = _paths(kind, attributes), _paths(kind, excluded)
        always = _ALWAYS | with_characteristic(kind, Returned.always)
        whole = {path for path in always if not _is_sub_attribute(path)}
        siblings = {
            path for path in always - whole if any(_is_sibling(path, other) for other in included)
        }
        return cls(
            _tree(included),
            _tree(omitted),
            _tree(included | whole | siblings),
            _tree(omitted - always),
            with_characteristic(kind, Returned.request) - included,
        )


def _written_keys(
    kind: Kind,
    sent: Mapping[str, Any],
    prefix: str = "",
    find: Callable[[Kind, str], Attribute | Schema | None] = declared,
) -> set[KeyPath]:
    """Return the keys of the attributes that the body of a write names."""
    keys: set[KeyPath] = set()
    for key, value in sent.items():
        if key.lower() == "operations" and isinstance(value, list):
            for each in value:
                fields = {name.lower(): item for name, item in each.items()}
                written = {fields.get("path") or "": fields.get("value")}
                keys |= _written_keys(kind, written, find=designate_key)
            continue
        target = find(kind, key if key.lower().startswith("urn:") else f"{prefix}{key}")
        if isinstance(value, dict) and (not key or isinstance(target, Schema)):
            below = f"{target.urn}:" if isinstance(target, Schema) else ""
            keys |= _written_keys(kind, value, below, find)
        elif isinstance(target, Attribute):
            keys.add(target.keys)
    return keys


def _is_sub_attribute(path: KeyPath) -> bool:
    """Tell whether a path leads to a sub-attribute."""
    return len(path) > (2 if ":" in path[0] else 1)


def _is_sibling(path: KeyPath, other: KeyPath) -> bool:
    """Tell whether a sub-attribute belongs to the same attribute as another path."""
    return path[:-1] == other[: len(path) - 1]


def _names(parameter: str, values: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names in a parameter, each once in any spelling."""
    names = (_normalized(name) for value in values or () for name in value.split(","))
    unique = tuple(dict.fromkeys(name for name in names if name))
    if len(unique) > MAX_NAMES:
        raise InvalidValueException(detail=f"{parameter} names at most {MAX_NAMES} attributes")
    return unique


def _normalized(name: str) -> str:
    """Return a name in lower case and without a selection, which a projection does not have."""
    before, _, selection = name.strip().lower().partition("[")
    return before + selection.rpartition("]")[2]


def _paths(kind: Kind, names: Iterable[str]) -> set[KeyPath]:
    """Return the keys, from the outside in, of the attributes and extensions with these names."""
    paths: set[KeyPath] = set()
    for name in names:
        target = declared(kind, name)
        if isinstance(target, Schema) and target.is_extension:
            paths.add((target.urn,))
        elif isinstance(target, Attribute):
            paths.add(target.keys)
    return paths


def _tree(paths: Iterable[KeyPath]) -> Tree:
    """Return paths as a tree; where an attribute is included whole, its parts add nothing."""
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
