"""Filters (RFC 7644 section 3.4.2.2): parsed liberally, and bound to the resource types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
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

from rollcall.scim import tolerance, values
from rollcall.scim.attributes import MAX_LENGTH, Attribute, KeyPath, declared, leaves
from rollcall.scim.case_folding import encodable
from rollcall.scim.comparison import COMPARING
from rollcall.scim.engine_errors import translated
from rollcall.scim.errors import InvalidFilterException
from rollcall.scim.predicate import NotPlainError, Predicate, predicate
from rollcall.scim.resource_models import FILTERS, MODELS
from rollcall.scim.resource_type import Kind

_EQUALITY = frozenset({CompareOperator.eq, CompareOperator.ne})
_SUBSTRING = frozenset({CompareOperator.co, CompareOperator.sw, CompareOperator.ew})
_NO_SUBSTRINGS = frozenset({int, float, datetime})
"""Types whose values are not compared by substrings."""


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
        """How many comparisons it takes at most to evaluate it, with those inside of selections."""
        return max(sum(map(_comparisons, leaves(each.ast))) for each in self.bound.values())

    def looks(self, kind: Kind, document: Mapping[str, Any]) -> int:
        """Return how many looks of a budget it takes to evaluate it on a complete document.

        One look reads four values, or makes sixteen comparisons, or two inside of a selection.
        """
        values = sum(len(each) for each in document.values() if isinstance(each, list))
        looks = values // 4
        for keys, compared, selected in self._compared[kind]:
            count = _value_count(document, keys)
            looks += (compared * (8 + count) + 8 * selected * (1 + count)) // 16
        return looks

    @cached_property
    def _compared(self) -> dict[Kind, list[tuple[KeyPath, int, int]]]:
        """How often each attribute is compared, outside and inside of selections."""
        counts = {}
        for kind, bound in self.bound.items():
            outside, inside = Counter[KeyPath](), Counter[KeyPath]()
            for leaf in leaves(bound.ast):
                attribute = declared(kind, str(leaf.attr_path))
                if isinstance(attribute, Attribute):  # else it has no value on this type
                    keys = attribute.keys[: 2 if ":" in attribute.name else 1]
                    counter = inside if isinstance(leaf, ValuePath) else outside
                    counter[keys] += _comparisons(leaf)
            counts[kind] = [(each, outside[each], inside[each]) for each in outside | inside]
        return counts

    @cached_property
    def predicates(self) -> dict[Kind, Predicate]:
        """The types for which it compares nothing but what is stored, with its function of that."""
        compiled = {kind: predicate(kind, bound) for kind, bound in self.bound.items()}
        return {kind: each for kind, each in compiled.items() if each is not None}

    def matches(self, kind: Kind, document: Mapping[str, Any]) -> bool:
        """Tell whether a complete document of this type satisfies the filter.

        Where there is a function in `predicates`, the stored document is enough.
        """
        if (plain := self.predicates.get(kind)) is not None:
            with suppress(NotPlainError):
                return plain(document)
        return self.evaluated(kind, document)

    def evaluated(self, kind: Kind, document: Mapping[str, Any]) -> bool:
        """Tell the same, as the engine evaluates the filter on a model of the document."""
        resource = MODELS[kind].model_validate(document)
        with COMPARING:
            return bool(self.bound[kind].match(resource))

    def compared(self) -> set[str]:
        """Return the strings that it compares with by `eq`."""
        trees = [bound.ast for bound in self.bound.values()]
        nodes = [leaf for tree in trees for leaf in leaves(tree)]
        nodes += [
            inner
            for leaf in nodes
            if isinstance(leaf, ValuePath)
            for inner in leaves(leaf.val_filter)
        ]
        return {
            each.value
            for each in nodes
            if isinstance(each, Comparison)
            and each.op is CompareOperator.eq
            and isinstance(each.value, str)
        }

    def mentions(self, kind: Kind, name: str) -> Iterator[FilterNode]:
        """Yield the comparisons, presence tests and selections on one attribute."""
        for leaf in leaves(self.bound[kind].ast):
            attribute = declared(kind, str(leaf.attr_path))
            if isinstance(attribute, Attribute) and attribute.name == name:
                yield leaf


def parse(text: str, kinds: Iterable[Kind]) -> Filter:
    """Parse a filter for the resource types that are queried.

    Raises InvalidFilterException naming the problem: wrong syntax, an attribute that none of
    the types declares, a comparison that the attribute's type does not allow. An attribute
    that only some of them declare has no value on the others (section 3.4.2.1).
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
        with translated():  # the engine refuses comparisons that a type does not allow
            bound[kind] = FILTERS[kind](normalizer.visit(root))
        unknown = normalizer.unknown if unknown is None else unknown & normalizer.unknown
    if unknown:
        raise InvalidFilterException(detail=f"there is no attribute {', '.join(sorted(unknown))}")
    return Filter(text, bound)


class _Normalizer(FilterVisitor[FilterNode]):
    """Rewrite a filter with the schema's names and types, and collect unknown attributes."""

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
        attribute = self._find(node.attr_path)
        if attribute is None:
            return node
        path = self._corrected(node.attr_path)
        if attribute.complex:
            # `manager eq "x"` means manager.value, as `members eq "x"` means members.value.
            child = declared(self.kind, attribute.child("value"))
            if not isinstance(child, Attribute):
                raise InvalidFilterException(
                    detail=f"{node.attr_path} is complex: one of its sub-attributes can be compared"
                )
            attribute, path = child, replace(path, sub_attr="value")
        return Comparison(path, node.op, _operand(attribute, node, parse=self.plain))

    def visit_present(self, node: Present) -> FilterNode:
        attribute = self._find(node.attr_path)
        return node if attribute is None else Present(self._corrected(node.attr_path))

    def visit_not(self, node: Not) -> FilterNode:
        return Not(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> FilterNode:
        return LogicalExpr(node.op, tuple(self.visit(term) for term in node.terms))

    def visit_value_path(self, node: ValuePath) -> FilterNode:
        attribute, path = self._find(node.attr_path), node.attr_path
        if attribute is not None and attribute.complex and not attribute.multi_valued:
            # The one value of `name[…]` is selected by comparisons of its sub-attributes.
            selection = self.visit(_Nesting(path).visit(node.val_filter))
            return LogicalExpr(LogicalOperator.and_, (Present(self._corrected(path)), selection))
        plain = attribute is not None and not attribute.complex
        inner = _Normalizer(self.kind, inside=str(path) if plain else f"{path}.", plain=plain)
        selection = inner.visit(node.val_filter)
        self.unknown |= inner.unknown
        return node if attribute is None else ValuePath(self._corrected(path), selection)

    def _find(self, path: AttrPath) -> Attribute | None:
        text = f"{self.inside}{path}"
        if self.plain and str(path).lower() == "value":
            text = self.inside  # `value` is the name of the plain value itself
        attribute = declared(self.kind, text)
        if isinstance(attribute, Attribute):
            return attribute
        self.unknown.add(f"{self.inside}{path}")
        return None

    def _corrected(self, path: AttrPath) -> AttrPath:
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


def _operand(attribute: Attribute, node: Comparison, *, parse: bool) -> Any:
    """Return the value of a comparison in the form of the attribute's type.

    The engine parses it itself, except where an attribute has plain values. Raises
    InvalidFilterException for a value or an operator that the type does not allow.
    """
    value, op, name = node.value, node.op, str(node.attr_path)
    if value is None and op not in _EQUALITY:
        raise InvalidFilterException(detail=f"{name}: nothing is {op.value} null")
    if op in _SUBSTRING and (attribute.target in _NO_SUBSTRINGS or not isinstance(value, str)):
        raise InvalidFilterException(detail=f"{name}: {op.value} compares strings")
    try:
        canonical = None if value is None else values.canonical(attribute.target, value)
        return values.comparable(attribute.target, canonical) if parse else canonical
    except ValueError as error:
        raise InvalidFilterException(detail=f"{name} {error}") from error


def _comparisons(leaf: Comparison | Present | ValuePath) -> int:
    return sum(1 for _ in leaves(leaf.val_filter)) if isinstance(leaf, ValuePath) else 1


def _value_count(value: Any, keys: KeyPath) -> int:
    """Return how many values a document has under keys, 1 also where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return len(value) if isinstance(value, list) else 1
