"""How a filter is answered: by looking up what it names, or by a bounded walk.

A plan names a superset of the resources that match; the filter is evaluated on each of them, so the
result is the same whichever way is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Present,
    ValuePath,
)

from rollcall.scim.attributes import Attribute, declared
from rollcall.scim.indexing import INDEXED, IndexEntry
from rollcall.scim.resource_type import ROLLCALL, Kind


@dataclass(frozen=True)
class ById:
    """The resource of this id."""

    id: str


@dataclass(frozen=True)
class ByEntry:
    """The resources under an index entry; `unique` says that there is one at most."""

    entry: IndexEntry
    unique: bool


@dataclass(frozen=True)
class ByMember:
    """The groups that this user or group is a member of."""

    id: str


@dataclass(frozen=True)
class ByGroup:
    """The users that are members of this group."""

    id: str


@dataclass(frozen=True)
class ByWorkArea:
    """The users who were granted access to this work area."""

    area: str


@dataclass(frozen=True)
class ByPrefix:
    """The resources whose unique name begins as an entry does."""

    entry: IndexEntry


Leg: TypeAlias = ById | ByEntry | ByMember | ByGroup | ByWorkArea | ByPrefix

_RELATIONS: dict[str, Callable[[str], Leg]] = {
    "id": ById,
    "members.value": ByMember,
    "groups.value": ByGroup,
    f"{ROLLCALL}:workAreas.value": ByWorkArea,
}

_CHEAPEST_FIRST = (ById, ByEntry, ByMember, ByGroup, ByWorkArea, ByPrefix)


@dataclass(frozen=True)
class Lookup:
    """The union of a few legs holds every resource that matches."""

    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Walk:
    """Nothing is looked up: every resource of the type has to be evaluated."""


Plan: TypeAlias = Lookup | Walk


def plan(kind: Kind, node: FilterNode) -> Plan:
    """Return the cheapest plan for a filter that is valid for the resource type."""
    legs = _legs(kind, node)
    return Walk() if legs is None else Lookup(legs)


def _legs(kind: Kind, node: FilterNode) -> tuple[Leg, ...] | None:
    """Return what holds all that match, None when only a walk does."""
    if isinstance(node, LogicalExpr):
        answers = [_legs(kind, term) for term in node.terms]
        if node.op is LogicalOperator.and_:
            answered = [each for each in answers if each is not None]
            return min(answered, key=_cost) if answered else None
        if None in answers:
            return None
        return tuple(dict.fromkeys(leg for each in answers for leg in each or ()))
    if isinstance(node, Comparison | Present | ValuePath):
        return _leaf(kind, node)
    return None


def _leaf(kind: Kind, node: Comparison | Present | ValuePath) -> tuple[Leg, ...] | None:
    if declared(kind, str(node.attr_path)) is None:
        return ()  # foreign to this type, and so without a value that could match
    if isinstance(node, ValuePath):
        return _selection(kind, node)
    leg = _leg(kind, str(node.attr_path), node) if isinstance(node, Comparison) else None
    return None if leg is None else (leg,)


def _selection(kind: Kind, node: ValuePath) -> tuple[Leg, ...] | None:
    """Look up one comparison that an element has to satisfy to be selected."""
    inner = node.val_filter
    conjunction = isinstance(inner, LogicalExpr) and inner.op is LogicalOperator.and_
    terms = inner.terms if isinstance(inner, LogicalExpr) and conjunction else (inner,)
    for term in terms:
        if isinstance(term, Comparison):
            leg = _leg(kind, f"{node.attr_path}.{term.attr_path}", term)
            if leg is not None:
                return (leg,)
    return None


def _leg(kind: Kind, path: str, comparison: Comparison) -> Leg | None:
    value, found, op = comparison.value, declared(kind, path), comparison.op
    if not isinstance(value, str) or not isinstance(found, Attribute):
        return None
    sub = "value" if found.multi_valued and found.complex else found.sub
    name = f"{found.name}.{sub}" if sub else found.name
    indexed = next((each for each in INDEXED[kind] if each.attribute == name), None)
    if op is CompareOperator.sw and indexed is not None and indexed.unique and value:
        beginning = indexed.entry(value)
        return ByPrefix(beginning) if beginning.key else None
    if op is not CompareOperator.eq:
        return None
    if indexed is not None:
        return ByEntry(indexed.entry(value), indexed.unique)
    return _RELATIONS[name](value) if name in _RELATIONS else None


def _cost(legs: tuple[Leg, ...]) -> tuple[int, int]:
    return (max((_CHEAPEST_FIRST.index(type(leg)) for leg in legs), default=0), len(legs))
