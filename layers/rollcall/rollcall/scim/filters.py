"""Filters (RFC 7644 section 3.4.2.2): parsed, mended for real clients, bound to resource types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from scim2_models import InvalidFilterException, InvalidPathException, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    Not,
    Present,
    ValuePath,
)

from rollcall.scim import tolerance
from rollcall.scim.attributes import Attribute, declared
from rollcall.scim.resources import FILTERS, MODELS, Kind

MAX_LENGTH = 8192
"""The characters that a filter may have."""


@dataclass(frozen=True)
class Filter:
    """A filter, valid for at least one of the resource types that are queried."""

    text: str
    nodes: dict[Kind, FilterNode]

    def matches(self, kind: Kind, document: dict[str, Any]) -> bool:
        """Tell whether a complete document of this type satisfies the filter."""
        bound = FILTERS[kind](self.nodes[kind])
        return bool(bound.match(MODELS[kind].model_validate(document)))

    def mentions(self, kind: Kind, name: str) -> Iterator[FilterNode]:
        """Yield the comparisons, presence tests and selections on one attribute."""
        yield from _leaves(self.nodes[kind], kind, name)


def parse(text: str, kinds: Iterable[Kind]) -> Filter:
    """Parse a filter for the resource types that are queried.

    Raises InvalidFilterException naming the problem: bad syntax, an attribute that none of the
    types declares, a comparison that the attribute's type does not have. An attribute that only
    some of them declare has no value on the others (section 3.4.2.1).
    """
    if len(text) > MAX_LENGTH:
        raise InvalidFilterException(detail=f"a filter has at most {MAX_LENGTH} characters")
    try:
        text.encode()
        root = ScimFilter(tolerance.filter_text(text)).ast
    except UnicodeEncodeError as error:
        raise InvalidFilterException(detail="the filter is not valid Unicode") from error
    except InvalidFilterException as error:
        raise InvalidFilterException(detail=f"filter: {error}") from error
    nodes: dict[Kind, FilterNode] = {}
    unknown: set[str] | None = None
    for kind in kinds:
        mender = _Mender(kind)
        nodes[kind] = mender.visit(root)
        FILTERS[kind](nodes[kind])  # refuses what cannot compare
        unknown = mender.unknown if unknown is None else unknown & mender.unknown
    if unknown:
        raise InvalidFilterException(detail=f"there is no attribute {', '.join(sorted(unknown))}")
    return Filter(text, nodes)


class _Mender(FilterVisitor[FilterNode]):
    """Rewrite a filter into the schema's terms, and note the attributes that it does not have."""

    def __init__(self, kind: Kind, inside: str = "") -> None:
        self.kind = kind
        self.inside = inside
        self.unknown: set[str] = set()

    def visit_comparison(self, node: Comparison) -> FilterNode:
        value = node.value
        if isinstance(value, str):
            _check_encodable(value)
        found = self._find(node.attr_path)
        if found is None:
            return node
        path = self._mended(node.attr_path)
        if found.complex and not found.multi_valued and not self.inside:
            # `manager eq "x"` means manager.value, as `members eq "x"` means members.value.
            child = declared(self.kind, found.child("value"))
            if isinstance(child, Attribute):
                found, path = child, replace(path, sub_attr="value")
        if found.target is bool:
            value = tolerance.boolean(value)
        return Comparison(path, node.op, value)

    def visit_present(self, node: Present) -> FilterNode:
        found = self._find(node.attr_path)
        return node if found is None else Present(self._mended(node.attr_path))

    def visit_not(self, node: Not) -> FilterNode:
        return Not(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> FilterNode:
        return LogicalExpr(node.op, tuple(self.visit(term) for term in node.terms))

    def visit_value_path(self, node: ValuePath) -> FilterNode:
        found = self._find(node.attr_path)
        if found is None:
            return node
        inner = _Mender(self.kind, inside=f"{found.path}.")
        mended = ValuePath(self._mended(node.attr_path), inner.visit(node.val_filter))
        self.unknown |= inner.unknown
        return mended

    def _find(self, path: AttrPath) -> Attribute | None:
        found = declared(self.kind, f"{self.inside}{path}")
        if isinstance(found, Attribute):
            return found
        self.unknown.add(f"{self.inside}{path}")
        return None

    def _mended(self, path: AttrPath) -> AttrPath:
        if self.inside:
            return path
        text = tolerance.attribute_path(str(path))
        uri, _, rest = text.rpartition(":")
        attr, _, sub = rest.partition(".")
        return AttrPath(attr, sub or None, uri or None)


def _check_encodable(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidFilterException(detail="the filter holds half a character") from error


def _leaves(node: FilterNode, kind: Kind, name: str) -> Iterator[FilterNode]:
    if isinstance(node, Not):
        yield from _leaves(node.expr, kind, name)
    elif isinstance(node, LogicalExpr):
        for term in node.terms:
            yield from _leaves(term, kind, name)
    elif isinstance(node, Comparison | Present | ValuePath):
        found = declared(kind, str(node.attr_path))
        if isinstance(found, Attribute) and found.name == name:
            yield node


def compared_ids(leaves: Iterable[FilterNode]) -> list[str] | None:
    """Return the ids that comparisons of `members` or `groups` name; None when one needs them all.

    `members eq "x"`, `members.value eq "x"` and `members[value eq "x"]` speak of one member each.
    """
    named: dict[str, None] = {}
    for leaf in leaves:
        inner = leaf.val_filter if isinstance(leaf, ValuePath) else leaf
        if not isinstance(inner, Comparison) or inner.op is not CompareOperator.eq:
            return None
        expected = "value" if isinstance(leaf, ValuePath) else inner.attr_path.sub_attr or "value"
        spelled = inner.attr_path.attr if isinstance(leaf, ValuePath) else expected
        if spelled.lower() != "value" or not isinstance(inner.value, str):
            return None
        named[inner.value] = None
    return list(named)


__all__ = ["Filter", "InvalidPathException", "compared_ids", "parse"]
