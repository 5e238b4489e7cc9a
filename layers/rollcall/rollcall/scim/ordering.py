"""The order of results (RFC 7644 section 3.4.2.3): that of an index, or sorted in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rollcall.scim.attributes import MAX_LENGTH, Attribute, declared
from rollcall.scim.case_folding import exact, folded
from rollcall.scim.errors import InvalidPathException, InvalidValueException
from rollcall.scim.indexing import INDEXED, Index
from rollcall.scim.resource_type import Kind


@dataclass(frozen=True)
class Order:
    """An order by one attribute; `index` is None when results have to be sorted in memory."""

    index: Index | None = Index.CREATED
    sort_by: str = ""
    descending: bool = False

    def key(self, kind: Kind, resource: Mapping[str, Any]) -> tuple[bool, Any]:
        """Return the sort key of a complete representation; one without a value comes last."""
        found = declared(kind, self.sort_by)
        if not isinstance(found, Attribute):
            return (True, "")
        value = _value(found, resource)
        if isinstance(value, str):
            return (False, _comparable(found, value))
        return (value is None, value if value is not None else "")


def order(kinds: Sequence[Kind], sort_by: str | None, sort_order: str | None) -> Order:
    """Read `sortBy` and `sortOrder`.

    Raises InvalidPathException when nothing can be sorted by it, InvalidValueException for an order
    that is neither ascending nor descending.
    """
    if sort_order and sort_order.lower() not in ("ascending", "descending"):
        raise InvalidValueException(detail="sortOrder must be ascending or descending")
    descending = (sort_order or "").lower() == "descending"
    if not sort_by:
        return Order(descending=False)
    if len(sort_by) > MAX_LENGTH:
        raise InvalidPathException(detail=f"sortBy has at most {MAX_LENGTH} characters")
    found = {kind: declared(kind, sort_by) for kind in kinds}
    sortable = {kind: each for kind, each in found.items() if _is_sortable(kind, each)}
    if not sortable:
        raise InvalidPathException(detail=f"there is nothing to sort by in {sort_by}")
    return Order(_index(sortable) if len(kinds) == 1 else None, sort_by, descending)


def _is_sortable(kind: Kind, found: Any) -> bool:
    if not isinstance(found, Attribute) or found.selection is not None:
        return False
    if not found.complex:
        return found.target is not bytes
    value = declared(kind, found.child("value")) if found.multi_valued else None
    return isinstance(value, Attribute) and value.target is not bytes


def _index(sortable: Mapping[Kind, Any]) -> Index | None:
    ((kind, found),) = sortable.items()
    unique = next(each.attribute for each in INDEXED[kind] if each.unique)
    if found.name == unique:
        return Index.NAME
    return Index.CREATED if (found.name, found.sub) == ("meta", "created") else None


def _value(found: Attribute, resource: Mapping[str, Any]) -> Any:
    """Return the primary value of an attribute, else the first."""
    urn, _, name = found.name.rpartition(":")
    value = (resource.get(urn, {}) if urn else resource).get(name)
    if isinstance(value, list):
        primary = (each for each in value if isinstance(each, dict) and each.get("primary"))
        value = next(primary, value[0] if value else None)
        if isinstance(value, dict):
            return value.get(found.sub or "value")
    return value.get(found.sub) if isinstance(value, dict) and found.sub else value


def _comparable(found: Attribute, value: str) -> Any:
    if found.target is datetime:
        return datetime.fromisoformat(value).astimezone(UTC).timestamp()
    indexed = next((each for each in INDEXED[found.kind] if each.attribute == found.name), None)
    if indexed is not None:
        return indexed.fold(value)
    return exact(value) if found.case_exact else folded(value)
