"""Operations on the members of a group, parsed without reading the members.

They stay in the order of the request and are applied to the members that they name, so that adding
one member to a group of a hundred thousand never reads the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

from rollcall.scim import tolerance
from rollcall.scim.attributes import Attribute, leaves
from rollcall.scim.budget import OF_EACH, Budget
from rollcall.scim.engine_errors import translated
from rollcall.scim.errors import (
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    PayloadTooLargeException,
)
from rollcall.scim.resource_models import FILTERS, Group
from rollcall.scim.resource_type import Kind

_LOOKS = 4
"""The looks for reading a member for a selection, in addition to one for each comparison."""


@dataclass(frozen=True)
class Add:
    """Add these members, in this order."""

    members: tuple[str, ...]


@dataclass(frozen=True)
class Remove:
    """Remove these members."""

    members: tuple[str, ...]


@dataclass(frozen=True)
class RemoveSelected:
    """Remove the members that a filter other than a list of ids selects."""

    selection: FilterNode


@dataclass(frozen=True)
class Clear:
    """Remove all members."""


Operation: TypeAlias = Add | Remove | RemoveSelected | Clear


def ids(value: Any) -> list[str]:
    """Return the ids in a value of `members`, without repeats, in order.

    Accepts an id, an object, and lists of either. Raises InvalidValueException when an element has
    no id.
    """
    if tolerance.is_unassigned(value):
        return []
    unique: dict[str, None] = {}
    for element in tolerance.elements(value):
        identifier = element.get("value") if isinstance(element, dict) else None
        if not isinstance(identifier, str) or not identifier:
            raise InvalidValueException(
                detail="members takes objects whose value is the id of a user or a group"
            )
        unique[identifier] = None
    return list(unique)


def operations(op: str, target: Attribute, value: Any) -> Iterator[Operation]:
    """Yield the operations on memberships for an operation of a PATCH on `members`.

    Raises MutabilityException for a change of a member's attributes, NoTargetException for an add
    whose selection is not a list of ids, InvalidValueException as `ids` does.
    """
    if target.sub not in (None, "value"):
        raise MutabilityException(detail=f"{target.path} is immutable")
    selected = None if target.selection is None else selected_ids(target.selection)
    if op == "remove":
        if selected is not None:
            yield Remove(tuple(selected))
        elif target.selection is not None:
            yield RemoveSelected(target.selection)
        elif value is None:
            yield Clear()
        else:
            yield Remove(tuple(ids(value)))
        return
    if target.selection is not None:
        if selected is None:
            raise NoTargetException(detail=f"{target.path} does not say whom to add")
        yield Add(tuple(selected))
        return
    if op == "replace":
        yield Clear()
    yield Add(tuple(ids(value)))


def selected_ids(selection: FilterNode) -> list[str] | None:
    """Return the ids that `value eq "…"`, alone or joined by `or`, selects; else None."""
    if isinstance(selection, Comparison):
        plain = (
            selection.attr_path.attr.lower() == "value"
            and selection.attr_path.sub_attr is None
            and selection.op is CompareOperator.eq
            and isinstance(selection.value, str)
        )
        return [selection.value] if plain else None
    if isinstance(selection, LogicalExpr) and selection.op is LogicalOperator.or_:
        parts = [selected_ids(term) for term in selection.terms]
        return None if None in parts else [each for part in parts for each in part or ()]
    return None


def named_members(operations: Iterable[Operation]) -> list[str]:
    """Return the ids that the operations name, without repeats, in order."""
    unique: dict[str, None] = {}
    for operation in operations:
        if isinstance(operation, Add | Remove):
            unique.update(dict.fromkeys(operation.members))
    return list(unique)


def needs_all(operations: Iterable[Operation]) -> bool:
    """Tell whether the outcome depends on members that no operation names."""
    return any(isinstance(each, Clear | RemoveSelected) for each in operations)


def replace_aliases(operations: Iterable[Operation], aliases: Mapping[str, str]) -> list[Operation]:
    """Return the operations with each merged id that is added replaced by its survivor.

    Removing a merged id removes nobody: a client that removes an account before it deletes it must
    not remove the survivor, which it may have added itself.
    """
    replaced: list[Operation] = []
    for operation in operations:
        match operation:
            case Add(members):
                survivors = (aliases.get(member, member) for member in members)
                replaced.append(Add(tuple(dict.fromkeys(survivors))))
            case Remove(members):
                replaced.append(Remove(tuple(each for each in members if each not in aliases)))
            case _:
                replaced.append(operation)
    return replaced


def members_after(
    operations: Sequence[Operation], current: Mapping[str, str], budget: Budget | None = None
) -> dict[str, None]:
    """Return the members after the operations, of those in `current` and in the operations.

    `current` maps the id of each member looked at to its type, 'User' or 'Group'. Raises
    PayloadTooLargeException for selections that look at more than the budget has.
    """
    budget = budget or Budget()
    if any(isinstance(each, RemoveSelected) for each in operations):
        budget.allow(OF_EACH * len(current))
    members: dict[str, None] = dict.fromkeys(current)
    for operation in operations:
        match operation:
            case Add():
                members.update(dict.fromkeys(operation.members))
            case Remove():
                for each in operation.members:
                    members.pop(each, None)
            case RemoveSelected():
                comparisons = sum(1 for _ in leaves(operation.selection))
                if not budget.spend(len(members) * (_LOOKS + comparisons)):
                    raise PayloadTooLargeException(
                        detail="members: the operations select among too many members"
                    )
                for each in _selected(operation.selection, members, current):
                    del members[each]
            case Clear():
                members.clear()
    return members


def _selected(selection: FilterNode, members: Iterable[str], types: Mapping[str, str]) -> list[str]:
    """Return the members that a selection selects."""
    with translated():
        selecting = FILTERS[Kind.GROUP](ValuePath(AttrPath("members"), selection))
    return [
        each
        for each in members
        if selecting.match(
            Group.model_validate({"members": [{"value": each, "type": types.get(each, "User")}]})
        )
    ]


def compared_ids(mentions: Iterable[FilterNode]) -> list[str] | None:
    """Return the ids that comparisons of `members` or `groups` name; None when all are needed.

    `members eq "x"`, `members.value eq "x"` and `members[value eq "x"]` name one member each.
    """
    names: dict[str, None] = {}
    for mention in mentions:
        ids = selected_ids(_selection(mention))
        if ids is None:
            return None
        names.update(dict.fromkeys(ids))
    return list(names)


def _selection(mention: FilterNode) -> FilterNode:
    """Return a comparison or a selection as a filter on a single element."""
    if isinstance(mention, ValuePath):
        return mention.val_filter
    if isinstance(mention, Comparison):
        return replace(mention, attr_path=AttrPath(mention.attr_path.sub_attr or "value"))
    return mention
