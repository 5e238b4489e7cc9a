"""PATCH (RFC 7644 section 3.5.2), read as liberally as real clients need it.

Each operation is split into steps on one attribute each. The values are corrected, and the engine
applies the steps to a copy, one after the other. Changes of `members` become operations on
memberships.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import starmap
from typing import Any

from rollcall.scim import member_operations, patch_apply, patch_limits, tolerance, unselected_paths
from rollcall.scim.attributes import (
    MAX_VALUES,
    Attribute,
    Schema,
    declared,
    designate,
    designate_key,
)
from rollcall.scim.body import Document, canonical_value, check_object, document, too_many
from rollcall.scim.budget import Budget
from rollcall.scim.document import merge_extensions, split_extensions
from rollcall.scim.errors import (
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    PayloadTooLargeException,
)
from rollcall.scim.patch_apply import PatchStep
from rollcall.scim.resource_models import MODELS
from rollcall.scim.resource_type import Kind
from rollcall.scim.text_values import TextValues

MAX_STEPS = 500
"""How many attributes one request may change; members are not counted."""


@dataclass
class Patch:
    """A parsed PATCH body: the steps on a document and on members, and the ignored names."""

    kind: Kind
    steps: list[PatchStep] = field(default_factory=list)
    members: list[member_operations.Operation] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    spent: int = 0

    def apply(self, before: Mapping[str, Any]) -> Document:
        """Return a canonical document after all operations; the given one is not changed.

        Raises InvalidPathException, InvalidValueException, MutabilityException or
        NoTargetException for an operation that cannot be applied, PayloadTooLargeException when
        the operations exceed the budget.
        """
        if not self.steps:
            return dict(before)
        self.budget.room += self.spent  # by an attempt that met a conflict
        room = self.budget.room
        own, foreign = split_extensions(self.kind, before)
        resource = MODELS[self.kind].model_validate(own)
        patch_apply.apply(self.kind, resource, self.steps, self.budget)
        self.spent = room - self.budget.room
        return merge_extensions(document(resource), foreign)


def read(kind: Kind, payload: Any, budget: Budget | None = None) -> Patch:
    """Parse a PATCH body, on the budget of its request.

    Raises InvalidSyntaxException, InvalidPathException, InvalidValueException,
    MutabilityException or NoTargetException for a body that no resource could take,
    PayloadTooLargeException for more than MAX_STEPS changes or paths beyond the budget.
    """
    patch, texts = Patch(kind, budget=budget or Budget()), TextValues(kind)
    for operation in _operations(payload):
        patch.budget.allow()
        for step in _operation_steps(patch, texts, operation):
            if isinstance(step.target, Attribute) and step.target.name == "members":
                patch.members.extend(member_operations.operations(step.op, step.target, step.value))
            else:
                patch.steps.append(step)
        if len(patch.steps) + len(patch.ignored) > MAX_STEPS:
            raise PayloadTooLargeException(
                detail=f"a PATCH changes at most {MAX_STEPS} attributes beside members"
            )
    return patch


@dataclass(frozen=True)
class _Operation:
    op: str
    path: str | None
    value: Any
    has_value: bool


def _operations(payload: Any) -> Iterator[_Operation]:
    body = {key.lower(): value for key, value in check_object(payload).items()}
    operations = body.get("operations")
    if not isinstance(operations, list) or not operations:
        raise InvalidSyntaxException(detail="Operations must be an array of one or more objects")
    for number, raw in enumerate(operations):
        where = f"Operations[{number}]"
        if not isinstance(raw, dict):
            raise InvalidSyntaxException(detail=f"{where} must be an object")
        fields = {key.lower(): value for key, value in raw.items()}
        op = fields.get("op")
        if not isinstance(op, str) or op.lower() not in ("add", "remove", "replace"):
            raise InvalidSyntaxException(detail=f"{where}.op must be add, remove or replace")
        path = fields.get("path")
        if path is not None and not isinstance(path, str):
            raise InvalidPathException(detail=f"{where}.path must be a string")
        yield _Operation(op.lower(), path or None, fields.get("value"), "value" in fields)


def _operation_steps(patch: Patch, texts: TextValues, operation: _Operation) -> Iterator[PatchStep]:
    kind, ignored = patch.kind, patch.ignored
    if operation.op != "remove" and not operation.has_value:
        raise InvalidValueException(
            detail=f"{operation.path or 'the operation'}: {operation.op} needs a value"
        )
    if operation.path is None:
        if operation.op == "remove":
            raise NoTargetException(detail="remove needs a path")
        value, was_text = texts.of_whole(operation.value)
        if not isinstance(value, dict):
            raise InvalidValueException(detail=f"{operation.op} without a path takes an object")
        patch_limits.check_paths(patch.budget, None, value)
        if not was_text and (parsed := texts.of_keys(value)) != value:
            patch_limits.check_paths(patch.budget, None, parsed)
            value = parsed
        yield from _object_steps(kind, operation.op, value, "", ignored)
        return
    patch_limits.check_paths(patch.budget, operation.path, None)
    target = designate(kind, operation.path)
    if target is None:
        ignored.append(operation.path)
        return
    if target.read_only:
        if operation.op != "remove" and _has_no_attributes(operation.value):
            return
        raise MutabilityException(detail=f"{operation.path} is read-only")
    value = texts.of_target(target, operation.value)
    if isinstance(target, Schema) or (target.complex and not target.multi_valued):
        patch_limits.check_paths(patch.budget, None, value)
    yield from _target_steps(kind, operation.op, target, value, ignored)


def _has_no_attributes(value: Any) -> bool:
    """Tell whether a value is an object without attributes; `schemas` is none."""
    return isinstance(value, dict) and all(key.lower() == "schemas" for key in value)


def _object_steps(
    kind: Kind, op: str, value: Mapping[str, Any], prefix: str, ignored: list[str]
) -> Iterator[PatchStep]:
    """Yield the steps of an object, whose keys are attribute names or paths."""
    yield from patch_apply.combine(_key_steps(kind, op, value, prefix, ignored))


def _key_steps(
    kind: Kind, op: str, value: Mapping[str, Any], prefix: str, ignored: list[str]
) -> Iterator[PatchStep]:
    for key, item in value.items():
        path = key if key.lower().startswith("urn:") else f"{prefix}{key}"
        target = designate_key(kind, path)
        if target is None or key.lower() == "schemas":
            if key.lower() != "schemas":
                ignored.append(path)
        elif isinstance(target, Schema) or not target.read_only:
            yield from _target_steps(kind, op, target, item, ignored)


def _target_steps(
    kind: Kind, op: str, target: Attribute | Schema, value: Any, ignored: list[str]
) -> Iterator[PatchStep]:
    """Yield the steps of an operation on one target, as the engine takes them."""
    if isinstance(target, Schema):
        yield from _schema_steps(kind, op, target, value, ignored)
        return
    if target.name == "members":
        yield PatchStep(op, target, value)
    elif op == "remove":
        yield from _removal_steps(kind, target, value)
    elif target.complex and not target.multi_valued and target.selection is None:
        yield from _merge_steps(kind, op, target, value, ignored)
    else:
        yield from _assignment_steps(op, target, value)


def _schema_steps(
    kind: Kind, op: str, target: Schema, value: Any, ignored: list[str]
) -> Iterator[PatchStep]:
    """Yield a step for each key of an object, or one step that removes a whole extension."""
    if isinstance(value, dict) and op != "remove":
        yield from _object_steps(kind, op, value, f"{target.urn}:", ignored)
    elif op != "remove" and not tolerance.is_unassigned(value):
        raise InvalidValueException(detail=f"{target.urn} takes an object")
    elif target.is_extension and op != "add":
        yield PatchStep("remove", target)
    elif op == "remove":
        raise NoTargetException(detail=f"{target.urn} is the resource itself")


def _removal_steps(kind: Kind, target: Attribute, value: Any) -> Iterator[PatchStep]:
    """Yield the steps of a remove, which selects values by its path or by the values that it has.

    A remove with values never clears the attribute, not even with an empty array.
    """
    if target.required:
        raise MutabilityException(detail=f"{target.path} is required and cannot be removed")
    if target.unselected and value is not None:
        sent = value if isinstance(value, list) else [value]
        if len(sent) > MAX_VALUES:
            raise too_many(target.path)
        parts = [canonical_value(target, each) for each in sent]
        assigned = [part for part in parts if part is not None]
        if assigned:
            yield from starmap(PatchStep, unselected_paths.removals(target, assigned))
        return
    if not target.multi_valued or target.selection is not None or value is None:
        yield PatchStep("remove", target)
        return
    selectors = (_selector(kind, target, each) for each in canonical_value(target, value) or ())
    if values := [each for each in selectors if each]:
        yield PatchStep("remove", target, values)


def _selector(kind: Kind, target: Attribute, value: Any) -> dict[str, Any]:
    """Return the sub-attributes that select a value: the declared ones, so no `$ref`."""
    if not target.complex:
        return {"value": value}
    return {key: item for key, item in value.items() if declared(kind, target.child(key))}


def _merge_steps(
    kind: Kind, op: str, target: Attribute, value: Any, ignored: list[str]
) -> Iterator[PatchStep]:
    """Yield the steps that replace the sub-attributes that a complex value names, and no others."""
    value = tolerance.unwrapped(value)
    source = value if isinstance(value, dict) else canonical_value(target, value)
    if source is not None:
        yield from _object_steps(kind, op, source, f"{target.path}.", ignored)
    else:
        yield PatchStep("remove", target)


def _assignment_steps(op: str, target: Attribute, value: Any) -> Iterator[PatchStep]:
    """Yield the step that sets an attribute, or clears it when the value is unassigned.

    `add` replaces the value of a single-valued attribute (RFC 7644 section 3.5.2.1); without a
    value it does nothing to a multi-valued one.
    """
    canonical = canonical_value(target, value)
    if target.unselected:
        if canonical is not None or op == "replace":
            yield PatchStep(op, target, parts={str(target.sub): canonical})
    elif canonical is not None:
        yield PatchStep(op, target, canonical)
    elif op == "replace" or not target.multi_valued:
        if target.required:
            raise InvalidValueException(detail=f"{target.path} is required and cannot be cleared")
        yield PatchStep("remove", target)
