"""What a filter says of when resources changed: from which instant on they can match.

A filter that speaks of `deleted` is about tombstones as well, which have no other attributes.
"""

from __future__ import annotations

from datetime import UTC, datetime

from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Present,
)

from rollcall.scim.attributes import Attribute, declared, leaves
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP, Kind

EVER = ""
"""Before everything."""

DELETED = {Kind.USER: f"{ROLLCALL}:deleted", Kind.GROUP: f"{ROLLCALL_GROUP}:deleted"}

_FROM = frozenset({CompareOperator.gt, CompareOperator.ge, CompareOperator.eq})


def since(kind: Kind, node: FilterNode) -> str | None:
    """Return the instant before which nothing that changed last can match, None without one."""
    if isinstance(node, LogicalExpr):
        bounds = [since(kind, term) for term in node.terms]
        known = [each for each in bounds if each is not None]
        if node.op is LogicalOperator.and_:
            return max(known, default=None)
        return min(known) if len(known) == len(bounds) else None
    if isinstance(node, Comparison) and node.op in _FROM and _is_instant(kind, node):
        return _floored(node.value)
    if isinstance(node, Present) and _is_instant(kind, node):
        return EVER
    return None


def is_about_deleted(kind: Kind, node: FilterNode) -> bool:
    """Tell whether a filter compares when resources were deleted."""
    found = (declared(kind, str(leaf.attr_path)) for leaf in leaves(node))
    return any(isinstance(each, Attribute) and each.name == DELETED[kind] for each in found)


def _is_instant(kind: Kind, node: Comparison | Present) -> bool:
    found = declared(kind, str(node.attr_path))
    if not isinstance(found, Attribute):
        return False
    return found.name == DELETED[kind] or (found.name, found.sub) == ("meta", "lastModified")


def _floored(value: object) -> str | None:
    """Return an instant as documents hold it, not after the one that is meant."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return instant(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)
