"""Paths that name a part of the values of an attribute and select none, `emails.value` say.

Taken by the letter they mean every value, and one address would overwrite all others. What is
written this way is a value of its own, or completes the only one; what could mean one of several is
refused.
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
"""The parts of one value, by their names; None is to be cleared."""

Change: TypeAlias = tuple[str, Attribute, Any]
"""An operation, its target and its value, as the engine takes them."""

_VALUE = "value"


def write_changes(
    op: str, target: Attribute, parts: Parts, values: Sequence[Parts]
) -> list[Change]:
    """Return what an add or a replace of parts amounts to, given the values that there are.

    Raises NoTargetException when it could mean one of several, or would label a value that is not
    there.
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


def removals(target: Attribute, found: Sequence[Any]) -> Iterator[Change]:
    """Yield what a remove amounts to that carries some values of the part.

    By their `value` the values go as a whole, by anything else the part alone.
    """
    if target.sub == _VALUE:
        yield "remove", _attribute(target.kind, target.name), [{_VALUE: each} for each in found]
        return
    for each in found:
        path = f"{target.name}[{target.sub} eq {json.dumps(each, ensure_ascii=False)}].{target.sub}"
        yield "remove", _attribute(target.kind, path), None


def _new(target: Attribute, parts: Parts) -> dict[str, Any]:
    """Return a value with some parts. Raises NoTargetException when they would label nothing."""
    given = {sub: part for sub, part in parts.items() if part is not None}
    if tolerance.is_label_only(given):
        raise NoTargetException(detail=f"{target.path}: there is no value of {target.name}")
    return given


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
    found = designate(kind, path)
    assert isinstance(found, Attribute)  # noqa: S101  # it is what a declared one is part of
    return found
