"""Paths to a part of the values of an attribute without a selection, `emails.value` for example.

By the RFC they mean every value, and one address would overwrite all others. A write through such a
path adds a value, or changes the only one; when several values could be meant, it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from rollcall.scim import tolerance
from rollcall.scim.attributes import Attribute, designate
from rollcall.scim.case_folding import folded
from rollcall.scim.errors import NoTargetException
from rollcall.scim.resource_type import Kind

Parts: TypeAlias = Mapping[str, Any]
"""The sub-attributes of one value by their names; None clears one."""

Change: TypeAlias = tuple[str, Attribute, Any]
"""An operation, its target and its value, as the engine takes them."""

_VALUE = "value"


def write_changes(
    op: str, target: Attribute, parts: Parts, values: Sequence[Parts]
) -> list[Change]:
    """Return the changes for an add or a replace of parts, given the current values.

    Raises NoTargetException when several values could be meant, or when there is no value and the
    parts are labels only.
    """
    if op == "add" and any(_has(target, each, parts, _alike) for each in values):
        return []
    if all(_has(target, each, parts, _equal) for each in values or [{}]):
        return []
    if not values or (op == "add" and _VALUE in parts):
        return [("add", _attribute(target.kind, target.name), [_new(target, parts)])]
    if len(values) > 1:
        raise NoTargetException(
            detail=f"{target.path} is a part of {len(values)} values: a path has to select one, "
            f'as {target.name}[type eq "work"].{target.sub} does'
        )
    (only,) = values
    if op == "add" and any(only.get(sub) not in (None, part) for sub, part in parts.items()):
        raise NoTargetException(
            detail=f"{target.path} has a value, which add does not replace without a selection"
        )
    return [
        (
            "remove" if part is None else "replace",
            _attribute(target.kind, f"{target.name}.{sub}"),
            part,
        )
        for sub, part in parts.items()
    ]


def removals(target: Attribute, parts: Sequence[Any]) -> Iterator[Change]:
    """Yield the changes for a remove with values of one part.

    By its `value` an element is removed as a whole, by any other part only that part.
    """
    if target.sub == _VALUE:
        yield "remove", _attribute(target.kind, target.name), [{_VALUE: each} for each in parts]
        return
    for each in parts:
        path = f"{target.name}[{target.sub} eq {json.dumps(each, ensure_ascii=False)}].{target.sub}"
        yield "remove", _attribute(target.kind, path), None


def _new(target: Attribute, parts: Parts) -> dict[str, Any]:
    """Return a new value with these parts. Raises NoTargetException when they are only labels."""
    assigned = {sub: part for sub, part in parts.items() if part is not None}
    if tolerance.is_label_only(assigned):
        raise NoTargetException(detail=f"{target.path}: there is no value of {target.name}")
    return assigned


def _has(
    target: Attribute, value: Parts, parts: Parts, are_same: Callable[[Attribute, Any, Any], bool]
) -> bool:
    return all(are_same(target, value.get(sub), part) for sub, part in parts.items())


def _alike(target: Attribute, one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str) and not target.case_exact:
        return folded(one) == folded(other)
    return bool(one == other)


def _equal(_: Attribute, one: Any, other: Any) -> bool:
    return bool(one == other)


def _attribute(kind: Kind, path: str) -> Attribute:
    attribute = designate(kind, path)
    assert isinstance(attribute, Attribute)  # noqa: S101  # the path begins with a declared one
    return attribute
