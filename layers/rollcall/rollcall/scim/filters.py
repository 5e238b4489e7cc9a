"""Filters (RFC 7644 section 3.4.2.2): parsed liberally, and bound to the resource types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from scim2_models import ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from rollcall.scim import member_operations, tolerance, values
from rollcall.scim.attributes import MAX_LENGTH, Attribute, KeyPath, declared, leaves
from rollcall.scim.case_folding import encodable
from rollcall.scim.comparison import COMPARING
from rollcall.scim.engine_errors import translated
from rollcall.scim.errors import InvalidFilterException
from rollcall.scim.resource_models import FILTERS, MODELS
from rollcall.scim.resource_type import Kind

_EQUALITY = frozenset({CompareOperator.eq, CompareOperator.ne})
_SUBSTRING = frozenset({CompareOperator.co, CompareOperator.sw, CompareOperator.ew})
_WHOLE = frozenset({int, float, datetime})
"""Types of which no part can be compared."""


@dataclass(frozen=True)
class Filter:
    """A filter, valid for at least one of the resource types that are queried."""

    text: str
    bound: dict[Kind, ScimFilter[Any]]

    @property
    def nodes(self) -> dict[Kind, FilterNode]:
        """The filter as a tree, in the terms of each type's schema."""
        return {kind: bound.ast for kind, bound in self.bound.items()}

    @property
    def comparisons(self) -> int:
        """How many comparisons it may take to evaluate it, those inside of selections as well."""
        return max(sum(map(_comparisons, leaves(each.ast))) for each in self.bound.values())

    def looks(self, kind: Kind, document: Mapping[str, Any]) -> int:
        """Return how many looks of a budget it takes to evaluate it on a complete document.

        Reading four values is one, as are sixteen comparisons, or two within a selection.
        """
        values = sum(len(each) for each in document.values() if isinstance(each, list))
        looks = values // 4
        for keys, compared, selected in self._compared[kind]:
            number = _number(document, keys)
            looks += (compared * (8 + number) + 8 * selected * (1 + number)) // 16
        return looks

    @cached_property
    def _compared(self) -> dict[Kind, list[tuple[KeyPath, int, int]]]:
        """How often each attribute is compared, plainly and in selections."""
        found = {}
        for kind, bound in self.bound.items():
            plain, selected = Counter[KeyPath](), Counter[KeyPath]()
            for leaf in leaves(bound.ast):
                named = declared(kind, str(leaf.attr_path))
                if isinstance(named, Attribute):  # else it has no value on this type
                    keys = named.keys[: 2 if ":" in named.name else 1]
                    (selected if isinstance(leaf, ValuePath) else plain)[keys] += _comparisons(leaf)
            found[kind] = [(each, plain[each], selected[each]) for each in plain | selected]
        return found

    def matches(self, kind: Kind, document: dict[str, Any]) -> bool:
        """Tell whether a complete document of this type satisfies the filter."""
        resource = MODELS[kind].model_validate(document)
        with COMPARING:
            return bool(self.bound[kind].match(resource))

    def compared(self) -> set[str]:
        """Return the strings that something is to be equal to."""
        trees = [bound.ast for bound in self.bound.values()]
        every = [leaf for tree in trees for leaf in leaves(tree)]
        every += [
            inner
            for leaf in every
            if isinstance(leaf, ValuePath)
            for inner in leaves(leaf.val_filter)
        ]
        return {
            each.value
            for each in every
            if isinstance(each, Comparison)
            and each.op is CompareOperator.eq
            and isinstance(each.value, str)
        }

    def mentions(self, kind: Kind, name: str) -> Iterator[FilterNode]:
        """Yield the comparisons, presence tests and selections on one attribute."""
        for leaf in leaves(self.bound[kind].ast):
            found = declared(kind, str(leaf.attr_path))
            if isinstance(found, Attribute) and found.name == name:
                yield leaf


def parse(text: str, kinds: Iterable[Kind]) -> Filter:
    """Parse a filter for the resource types that are queried.

    Raises InvalidFilterException naming the problem: bad syntax, an attribute that none of the
    types declares, a comparison that the attribute's type does not have. An attribute that only
    some of them declare has no value on the others (section 3.4.2.1).
    """
    if len(text) > MAX_LENGTH:
        raise InvalidFilterException(detail=f"a filter has at most {MAX_LENGTH} characters")
    if not encodable(text):
        raise InvalidFilterException(detail="the filter holds half a character")
    try:
        with translated():
            root = ScimFilter(tolerance.filter_text(text)).ast
    except InvalidFilterException as error:
        raise InvalidFilterException(detail=f"filter: {error}") from error
    bound: dict[Kind, ScimFilter[Any]] = {}
    unknown: set[str] | None = None
    for kind in kinds:
        normalizer = _Normalizer(kind)
        with translated():  # the engine refuses what cannot be compared
            bound[kind] = FILTERS[kind](normalizer.visit(root))
        unknown = normalizer.unknown if unknown is None else unknown & normalizer.unknown
    if unknown:
        raise InvalidFilterException(detail=f"there is no attribute {', '.join(sorted(unknown))}")
    return Filter(text, bound)


class _Normalizer(FilterVisitor[FilterNode]):
    """Rewrite a filter into the schema's terms, and note the attributes that it does not have."""

    def __init__(self, kind: Kind, inside: str = "", *, plain: bool = False) -> None:
        self.kind = kind
        self.inside = inside
        self.plain = plain
        self.unknown: set[str] = set()

    def visit_comparison(self, node: Comparison) -> FilterNode:
        value = node.value
        if isinstance(value, str) and not encodable(value):
            raise InvalidFilterException(
                detail=f"{node.attr_path}: the value holds half a character"
            )
        found = self._find(node.attr_path)
        if found is None:
            return node
        path = self._mended(node.attr_path)
        if found.complex:
            # `manager eq "x"` means manager.value, as `members eq "x"` means members.value.
            child = declared(self.kind, found.child("value"))
            if not isinstance(child, Attribute):
                raise InvalidFilterException(
                    detail=f"{node.attr_path} is complex: one of its sub-attributes can be compared"
                )
            found, path = child, replace(path, sub_attr="value")
        return Comparison(path, node.op, _operand(found, node, read=self.plain))

    def visit_present(self, node: Present) -> FilterNode:
        found = self._find(node.attr_path)
        return node if found is None else Present(self._mended(node.attr_path))

    def visit_not(self, node: Not) -> FilterNode:
        return Not(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> FilterNode:
        return LogicalExpr(node.op, tuple(self.visit(term) for term in node.terms))

    def visit_value_path(self, node: ValuePath) -> FilterNode:
        found, path = self._find(node.attr_path), node.attr_path
        if found is not None and found.complex and not found.multi_valued:
            # The one value of `name[…]` is selected by comparisons of its sub-attributes.
            selection = self.visit(_Nesting(path).visit(node.val_filter))
            return LogicalExpr(LogicalOperator.and_, (Present(self._mended(path)), selection))
        plain = found is not None and not found.complex
        inner = _Normalizer(self.kind, inside=str(path) if plain else f"{path}.", plain=plain)
        selection = inner.visit(node.val_filter)
        self.unknown |= inner.unknown
        return node if found is None else ValuePath(self._mended(path), selection)

    def _find(self, path: AttrPath) -> Attribute | None:
        text = f"{self.inside}{path}"
        if self.plain and str(path).lower() == "value":
            text = self.inside  # plain values call themselves `value`
        found = declared(self.kind, text)
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


class _Nesting(FilterVisitor[FilterNode]):
    """Rewrite a selection among the values of an attribute into comparisons of the attribute."""

    def __init__(self, path: AttrPath) -> None:
        self.path = path

    def visit_comparison(self, node: Comparison) -> FilterNode:
        return replace(node, attr_path=self._below(node.attr_path))

    def visit_present(self, node: Present) -> FilterNode:
        return Present(self._below(node.attr_path))

    def visit_not(self, node: Not) -> FilterNode:
        return Not(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> FilterNode:
        return LogicalExpr(node.op, tuple(self.visit(term) for term in node.terms))

    def visit_value_path(self, node: ValuePath) -> FilterNode:
        raise InvalidFilterException(detail=f"{node.attr_path}: a selection holds no other")

    def _below(self, path: AttrPath) -> AttrPath:
        if path.sub_attr or path.uri:
            raise InvalidFilterException(detail=f"{self.path} has no sub-attribute {path}")
        return replace(self.path, sub_attr=path.attr)


def _operand(found: Attribute, node: Comparison, *, read: bool) -> Any:
    """Return what a comparison compares with, in the form in which the attribute's type has it.

    The engine reads it itself, except among the plain values of an attribute. Raises
    InvalidFilterException for what the type cannot be compared with or by.
    """
    value, op, named = node.value, node.op, str(node.attr_path)
    if value is None and op not in _EQUALITY:
        raise InvalidFilterException(detail=f"{named}: nothing is {op.value} null")
    if op in _SUBSTRING and (found.target in _WHOLE or not isinstance(value, str)):
        raise InvalidFilterException(detail=f"{named}: {op.value} compares strings")
    try:
        fitting = None if value is None else values.canonical(found.target, value)
        return values.comparable(found.target, fitting) if read else fitting
    except ValueError as error:
        raise InvalidFilterException(detail=f"{named} {error}") from error


def _comparisons(leaf: Comparison | Present | ValuePath) -> int:
    return sum(1 for _ in leaves(leaf.val_filter)) if isinstance(leaf, ValuePath) else 1


def _number(found: Any, keys: KeyPath) -> int:
    """Return how many values stand under keys, 1 also where there is none."""
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return len(found) if isinstance(found, list) else 1


def compared_ids(mentions: Iterable[FilterNode]) -> list[str] | None:
    """Return the ids that comparisons of `members` or `groups` name; None when one needs them all.

    `members eq "x"`, `members.value eq "x"` and `members[value eq "x"]` speak of one member each.
    """
    named: dict[str, None] = {}
    for mention in mentions:
        ids = member_operations.selected_ids(_selection(mention))
        if ids is None:
            return None
        named.update(dict.fromkeys(ids))
    return list(named)


def _selection(mention: FilterNode) -> FilterNode:
    """Return the filter on a single element that a comparison or a selection amounts to."""
    if isinstance(mention, ValuePath):
        return mention.val_filter
    if isinstance(mention, Comparison):
        return replace(mention, attr_path=AttrPath(mention.attr_path.sub_attr or "value"))
    return mention
