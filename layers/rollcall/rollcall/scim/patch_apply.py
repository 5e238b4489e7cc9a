"""The steps of a PATCH, which the engine applies (RFC 7644 section 3.5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import starmap
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, Resource
from scim2_models import SCIMException as EngineError
from scim2_models.path import CompareOperator, Comparison

from rollcall.scim import unselected_paths
from rollcall.scim.attributes import ACTIVE, MAX_VALUES, Attribute, Schema, leaves
from rollcall.scim.body import check_number
from rollcall.scim.budget import Budget
from rollcall.scim.comparison import POLICY, WRITING
from rollcall.scim.engine_errors import from_engine, from_validation
from rollcall.scim.errors import (
    InvalidFilterException,
    InvalidPathException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)
from rollcall.scim.resource_models import PATCHES, PATHS
from rollcall.scim.resource_type import ENTERPRISE, Kind
from rollcall.scim.unselected_paths import Parts

_STEPS_PER_RUN = 16
"""How many steps the engine applies between two checks of the number of values."""

_LOOKS_PER_VALUE = 3
"""The looks at each value when a step selects values or changes a part of them, in addition to one
for each comparison: the value is copied, and compared before and after."""

_COMPARISONS_PER_LOOK = 4
"""How many comparisons with the values of a remove cost one look."""

_COPIES_PER_LOOK = 2
"""How many copied values cost one look; before each run the whole resource is copied."""

_MANAGER = f"{ENTERPRISE}:manager"


@dataclass(frozen=True)
class PatchStep:
    """One change of a PATCH: of one attribute, or of a whole schema.

    `parts` are the sub-attributes that it writes when its path does not select a value.
    """

    op: str
    target: Attribute | Schema
    value: Any = None
    parts: Parts | None = None

    @property
    def path(self) -> str:
        """The path for the engine, which selects among multi-valued attributes only."""
        if isinstance(self.target, Schema):
            return self.target.urn
        if _selects_manager(self.target):
            return f"{_MANAGER}.{self.target.sub}" if self.target.sub else _MANAGER
        return self.target.path


def combine(steps: Iterable[PatchStep]) -> Iterator[PatchStep]:
    """Yield steps; those that write different parts of the same attribute become one."""
    waiting: dict[str, PatchStep] = {}
    for step in steps:
        if step.parts is None:
            yield step
            continue
        name = step.target.name if isinstance(step.target, Attribute) else step.target.urn
        before = waiting.pop(name, None)
        if before is None or before.parts is None:
            waiting[name] = step
        elif before.parts.keys() & step.parts.keys():
            yield before
            waiting[name] = step
        else:
            waiting[name] = replace(before, parts={**before.parts, **step.parts})
    yield from waiting.values()


def apply(kind: Kind, resource: Resource[Any], steps: Sequence[PatchStep], budget: Budget) -> None:
    """Apply steps one after the other, in place.

    Raises InvalidPathException, InvalidValueException, MutabilityException or NoTargetException,
    naming the path of the step that fails, PayloadTooLargeException beyond the budget; some steps
    may have been applied then.
    """
    for run in _runs(steps):
        _check_looks(budget, resource, run)
        _run(kind, resource, [*_resolved(resource, run[:1]), *run[1:]])
        check_number(resource)


def _check_looks(budget: Budget, resource: Resource[Any], steps: Sequence[PatchStep]) -> None:
    """Spend the looks that it takes to apply steps together. Raises PayloadTooLargeException."""
    added = sum(_value_count(each.value) for each in steps if each.op != "remove")
    values = (getattr(resource, name) for name in type(resource).model_fields)
    budget.spend(sum(len(each) for each in values if isinstance(each, list)) // _COPIES_PER_LOOK)
    for each in steps:
        looks = 0
        if isinstance(each.target, Attribute):
            looks = _looks(resource, each.target, each, added)
        if not budget.spend(looks):
            raise PayloadTooLargeException(
                detail=f"{each.path}: the operations of the request look at too many values"
            )


def _looks(resource: Resource[Any], target: Attribute, step: PatchStep, added: int) -> int:
    values = _value_count(PATHS[target.kind](target.name).get(resource))
    values = max(1, min(values + added, MAX_VALUES))
    if target.selection is not None or target.sub:
        selection = () if target.selection is None else leaves(target.selection)
        return values * (_LOOKS_PER_VALUE + sum(1 for _ in selection))
    if step.op == "remove" and isinstance(step.value, list):
        return values * (1 + sum(map(len, step.value)) // _COMPARISONS_PER_LOOK)
    return values + _value_count(step.value)


def _value_count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 1


def _runs(steps: Sequence[PatchStep]) -> Iterator[list[PatchStep]]:
    """Yield steps in runs; a step that depends on the current resource begins a run."""
    run: list[PatchStep] = []
    for step in steps:
        if _depends_on_resource(step) or len(run) == _STEPS_PER_RUN:
            yield run
            run = []
        run.append(step)
    yield run


def _depends_on_resource(step: PatchStep) -> bool:
    return isinstance(step.target, Attribute) and (
        _selects_manager(step.target) or _clears_active(step) or step.parts is not None
    )


def _resolved(resource: Resource[Any], steps: Iterable[PatchStep]) -> Iterator[PatchStep]:
    """Yield the steps that are left when the current resource is known; maybe none."""
    for step in steps:
        if isinstance(step.target, Attribute) and step.parts is not None:
            values = PATHS[step.target.kind](step.target.name).get(resource) or ()
            current = [each.model_dump() for each in values]
            yield from starmap(
                PatchStep, unselected_paths.write_changes(step.op, step.target, step.parts, current)
            )
        elif _clears_active(step):
            # As with a PUT without `active`: an omission must not enable anyone.
            yield from () if resource["active"] is False else (step,)
        elif not _names_another_manager(resource, step):
            yield step


def _run(kind: Kind, resource: Resource[Any], steps: list[PatchStep]) -> None:
    """Apply steps together: on each call the engine copies the resource, to restore it."""
    if not steps:
        return
    operations = [{"op": each.op, "path": each.path, "value": each.value} for each in steps]
    policy = POLICY if any(map(_compares, steps)) else WRITING
    try:
        patch = PATCHES[kind].model_validate(
            {"Operations": operations},
            scim_ctx=Context.RESOURCE_PATCH_REQUEST,
            scim_policy=policy,
        )
        patch.patch(resource, scim_policy=policy)
    except (ValidationError, EngineError) as error:
        if len(steps) == 1:
            raise _refusal(steps[0], error) from error
        for step in steps:  # one by one, to find the one that fails
            _run(kind, resource, [step])


def _compares(step: PatchStep) -> bool:
    """Tell whether the engine may compare strings: to select values, or to add what is new."""
    target = step.target
    if isinstance(target, Schema):
        return True
    return target.multi_valued or target.unselected or target.selection is not None


def _refusal(step: PatchStep, error: ValidationError | EngineError) -> SCIMException:
    """Return the protocol's error for an error of the engine, naming the path of the step."""
    if isinstance(error, ValidationError):
        return from_validation(error, step.path)
    refusal = from_engine(error)
    if isinstance(refusal, InvalidValueException) and isinstance(error.__cause__, ValidationError):
        return from_validation(error.__cause__, step.path)
    by_filter = step.op == "remove" and step.value is not None  # the engine reads it as a filter
    if isinstance(refusal, InvalidValueException) or (
        by_filter and isinstance(refusal, InvalidFilterException)
    ):
        return InvalidValueException(detail=f"{step.path}: {error}")
    return refusal


def _selects_manager(target: Attribute) -> bool:
    return target.name == _MANAGER and target.selection is not None


def _clears_active(step: PatchStep) -> bool:
    return isinstance(step.target, Attribute) and step.target.keys == ACTIVE and step.op == "remove"


def _names_another_manager(resource: Resource[Any], step: PatchStep) -> bool:
    """Tell whether Entra's `manager[value eq "x"]` names another than the current manager."""
    if isinstance(step.target, Schema) or not _selects_manager(step.target):
        return False
    selection = step.target.selection
    if not (
        isinstance(selection, Comparison)
        and selection.op is CompareOperator.eq
        and selection.attr_path.attr.lower() == "value"
    ):
        raise InvalidPathException(detail=f"{step.target.path} selects by value eq only")
    current = getattr(getattr(resource[ENTERPRISE], "manager", None), "value", None)
    return step.op == "remove" and current != selection.value
