"""A filter as a function of a stored document, where it compares nothing but stored attributes.

The engine evaluates a filter on a model of the whole resource. Here the attributes that the filter
names are read from the document, and nothing else is looked at; values are compared as the engine
compares them (RFC 7644 section 3.4.2.2). Filters on what is computed at read, or on other types
than strings and booleans, are the engine's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from scim2_models import AttributeBinding, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from rollcall.scim.attributes import Attribute, KeyPath, declared
from rollcall.scim.comparison import comparable
from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP, Kind

Document: TypeAlias = Mapping[str, Any]
Predicate: TypeAlias = Callable[[Document], bool]

_COMPUTED = frozenset({"id", "meta", "schemas", "members", "groups", ROLLCALL, ROLLCALL_GROUP})
"""The keys of a representation that are not stored with the document as they are served."""

_TYPES = (str, bool)

_OPERATORS: Mapping[CompareOperator, Callable[[Any, Any], Any]] = {
    CompareOperator.eq: operator.eq,
    CompareOperator.ne: operator.ne,
    CompareOperator.gt: operator.gt,
    CompareOperator.ge: operator.ge,
    CompareOperator.lt: operator.lt,
    CompareOperator.le: operator.le,
    CompareOperator.co: lambda value, part: part in value,
    CompareOperator.sw: lambda value, part: value.startswith(part),
    CompareOperator.ew: lambda value, part: value.endswith(part),
}


class NotPlainError(Exception):
    """The engine has to evaluate the filter, or has to evaluate it on this document."""


def predicate(kind: Kind, bound: ScimFilter[Any]) -> Predicate | None:
    """Return the function of a filter that is bound to a resource type, None where it has none.

    The function raises NotPlainError for a document with values of unexpected types.
    """
    try:
        return _Compiler(kind, bound).visit(bound.ast)
    except NotPlainError:
        return None


class _Compiler(FilterVisitor[Predicate]):
    """Compiles a filter on a resource or, `inside` of a selection, on one value of an attribute."""

    def __init__(self, kind: Kind, bound: ScimFilter[Any], inside: AttrPath | None = None) -> None:
        self._kind = kind
        self._bound = bound
        self._inside = inside

    def visit_comparison(self, node: Comparison) -> Predicate:
        attribute, path = self._stored(node.attr_path)
        if attribute.complex and attribute.multi_valued and not attribute.sub:
            path = AttrPath(path.attr, "value", path.uri)
            attribute = self._declared(path)
        binding = self._bound.resolve_comparison(path)
        if attribute.target not in _TYPES or binding is None or binding.target_type not in _TYPES:
            raise NotPlainError
        compare = _comparison(binding, node)
        keys = self._keys(attribute)

        def compared(document: Document) -> bool:
            value = _read(document, keys)
            if not isinstance(value, list):
                return compare(value)
            if node.op is CompareOperator.ne:
                return all(map(compare, value))
            return any(map(compare, value))

        return compared

    def visit_present(self, node: Present) -> Predicate:
        attribute, _ = self._stored(node.attr_path)
        keys = self._keys(attribute)
        return lambda document: _is_present(_read(document, keys))

    def visit_not(self, node: Not) -> Predicate:
        inner = self.visit(node.expr)
        return lambda document: not inner(document)

    def visit_logical_expr(self, node: LogicalExpr) -> Predicate:
        terms = [self.visit(term) for term in node.terms]
        if node.op is LogicalOperator.and_:
            return lambda document: all(term(document) for term in terms)
        return lambda document: any(term(document) for term in terms)

    def visit_value_path(self, node: ValuePath) -> Predicate:
        attribute, path = self._stored(node.attr_path)
        if not (attribute.complex and attribute.multi_valued) or attribute.sub or self._inside:
            raise NotPlainError
        selects = _Compiler(self._kind, self._bound, path).visit(node.val_filter)
        keys = attribute.keys

        def selected(document: Document) -> bool:
            values = _read(document, keys)
            return isinstance(values, list) and any(map(selects, values))

        return selected

    def _stored(self, path: AttrPath) -> tuple[Attribute, AttrPath]:
        """Return a stored attribute and its path in the resource. Raises NotPlainError."""
        if self._inside is not None:
            if path.sub_attr or path.uri:
                raise NotPlainError
            path = AttrPath(self._inside.attr, path.attr, self._inside.uri)
        return self._declared(path), path

    def _declared(self, path: AttrPath) -> Attribute:
        attribute = declared(self._kind, str(path))
        if (
            not isinstance(attribute, Attribute)
            or attribute.keys[0] in _COMPUTED
            or attribute.sub == "$ref"
        ):
            raise NotPlainError
        return attribute

    def _keys(self, attribute: Attribute) -> KeyPath:
        """Return the keys from the document on, or from the value that a selection is about."""
        return attribute.keys if self._inside is None else attribute.keys[-1:]


def _comparison(binding: AttributeBinding, node: Comparison) -> Callable[[Any], bool]:
    """Return the comparison of a node as a function of one value."""
    expected, op = node.value, node.op
    if expected is None:
        if op is CompareOperator.eq:
            return lambda value: value is None
        return lambda value: value is not None
    kind = type(expected)
    if kind is not binding.target_type:
        raise NotPlainError
    compare = _OPERATORS[op]
    is_text = kind is str
    right = comparable(binding, expected) if is_text else expected
    without = op is CompareOperator.ne

    def compared(value: Any) -> bool:
        if value is None:
            return without
        if type(value) is not kind:
            raise NotPlainError
        return bool(compare(comparable(binding, value) if is_text else value, right))

    return compared


def _read(document: Document, keys: KeyPath) -> Any:
    """Return the value under keys; of several values, what each of them has under the last key."""
    value: Any = document
    for key in keys:
        if isinstance(value, list):
            return [each.get(key) for each in value]
        if value is None:
            return None
        value = value.get(key)
    return value


def _is_present(value: Any) -> bool:
    """Tell whether a value is neither null nor empty, nor made of such values only."""
    if isinstance(value, str):
        return value != ""
    if isinstance(value, Mapping):
        return any(map(_is_present, value.values()))
    if isinstance(value, list):
        return any(map(_is_present, value))
    return value is not None
