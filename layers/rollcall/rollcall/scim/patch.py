"""PATCH (RFC 7644 section 3.5.2), read as liberally as real clients need it.

Every operation is broken down into steps on one attribute each, mended, and applied by the engine
one after the other on a copy; what concerns `members` is handed on as operations on a membership.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
"""The changes of single attributes in one request; members are not counted."""


@dataclass
class Patch:
    """A PATCH body, read: what it does to documents, what to members, and what it ignores."""

    kind: Kind
    steps: list[PatchStep] = field(default_factory=list)
    members: list[member_operations.Operation] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    spent: int = 0

    def apply(self, before: Mapping[str, Any]) -> Document:
        """Return what the operations make of a canonical document, which is left as it is.

        Raises InvalidPathException, InvalidValueException, MutabilityException or
        NoTargetException, PayloadTooLargeException when it takes more than the budget has; the
        operations are applied all or none.
        """
        if not self.steps:
            return dict(before)
        self.budget.room += self.spent  # by a try that lost against another writer
        room = self.budget.room
        own, foreign = split_extensions(self.kind, before)
        resource = MODELS[self.kind].model_validate(own)
        patch_apply.apply(self.kind, resource, self.steps, self.budget)
        self.spent = room - self.budget.room
        return merge_extensions(document(resource), foreign)


def read(kind: Kind, payload: Any, budget: Budget | None = None) -> Patch:
    """Read a PATCH body, on the budget of its request.

    Raises InvalidSyntaxException, InvalidPathException, InvalidValueException,
    MutabilityException or NoTargetException for what is wrong with it on any resource,
    PayloadTooLargeException for more than MAX_STEPS changes or paths beyond the budget.
    """
    patch, texts = Patch(kind, budget=budget or Budget()), TextValues(kind)
    for operation in _operations(payload):
        patch.budget.allow()
        for step in _steps(patch, texts, operation):
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
        given = {key.lower(): value for key, value in raw.items()}
        op = given.get("op")
        if not isinstance(op, str) or op.lower() not in ("add", "remove", "replace"):
            raise InvalidSyntaxException(detail=f"{where}.op must be add, remove or replace")
        path = given.get("path")
        if path is not None and not isinstance(path, str):
            raise InvalidPathException(detail=f"{where}.path must be a string")
        yield _Operation(op.lower(), path or None, given.get("value"), "value" in given)


def _steps(patch: Patch, texts: TextValues, operation: _Operation) -> Iterator[PatchStep]:
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
        if not was_text and (read := texts.of_keys(value)) != value:
            patch_limits.check_paths(patch.budget, None, read)
            value = read
        yield from _entries(kind, operation.op, value, "", ignored)
        return
    patch_limits.check_paths(patch.budget, operation.path, None)
    found = designate(kind, operation.path)
    if found is None:
        ignored.append(operation.path)
        return
    if found.read_only:
        if operation.op != "remove" and _names_nothing(operation.value):
            return
        raise MutabilityException(detail=f"{operation.path} is read-only")
    value = texts.of_target(found, operation.value)
    if isinstance(found, Schema) or (found.complex and not found.multi_valued):
        patch_limits.check_paths(patch.budget, None, value)
    yield from _targeted(kind, operation.op, found, value, ignored)


def _names_nothing(value: Any) -> bool:
    """Tell whether a value is an object without attributes, whatever it says of its schemas."""
    return isinstance(value, dict) and all(key.lower() == "schemas" for key in value)


def _entries(
    kind: Kind, op: str, value: Mapping[str, Any], prefix: str, ignored: list[str]
) -> Iterator[PatchStep]:
    """Read the keys of an object as paths: plain, dotted, URN-qualified, with selections."""
    yield from patch_apply.combine(_of_entries(kind, op, value, prefix, ignored))


def _of_entries(
    kind: Kind, op: str, value: Mapping[str, Any], prefix: str, ignored: list[str]
) -> Iterator[PatchStep]:
    for key, item in value.items():
        text = key if key.lower().startswith("urn:") else f"{prefix}{key}"
        found = designate_key(kind, text)
        if found is None or key.lower() == "schemas":
            if key.lower() != "schemas":
                ignored.append(text)
        elif isinstance(found, Schema) or not found.read_only:
            yield from _targeted(kind, op, found, item, ignored)


def _targeted(
    kind: Kind, op: str, target: Attribute | Schema, value: Any, ignored: list[str]
) -> Iterator[PatchStep]:
    """Break an operation on one target down to what the engine takes."""
    if isinstance(target, Schema):
        yield from _schema(kind, op, target, value, ignored)
        return
    if target.name == "members":
        yield PatchStep(op, target, value)
    elif op == "remove":
        yield from _removal(kind, target, value)
    elif target.complex and not target.multi_valued and target.selection is None:
        yield from _merge(kind, op, target, value, ignored)
    else:
        yield from _assignment(op, target, value)


def _schema(
    kind: Kind, op: str, target: Schema, value: Any, ignored: list[str]
) -> Iterator[PatchStep]:
    """An object is read key by key; an extension is removed, or replaced by nothing, as a whole."""
    if isinstance(value, dict) and op != "remove":
        yield from _entries(kind, op, value, f"{target.urn}:", ignored)
    elif op != "remove" and not tolerance.is_unassigned(value):
        raise InvalidValueException(detail=f"{target.urn} takes an object")
    elif target.is_extension and op != "add":
        yield PatchStep("remove", target)
    elif op == "remove":
        raise NoTargetException(detail=f"{target.urn} is the resource itself")


def _removal(kind: Kind, target: Attribute, value: Any) -> Iterator[PatchStep]:
    """A remove selects by its path; a list of values selects among the values of the attribute.

    A remove that carries values never clears, not even when it carries an empty array.
    """
    if target.required:
        raise MutabilityException(detail=f"{target.path} is required and cannot be removed")
    if target.unselected and value is not None:
        sent = value if isinstance(value, list) else [value]
        if len(sent) > MAX_VALUES:
            raise too_many(target.path)
        found = [
            part for part in (canonical_value(target, each) for each in sent) if part is not None
        ]
        yield from (
            (PatchStep(*each) for each in unselected_paths.removals(target, found)) if found else ()
        )
        return
    if not target.multi_valued or target.selection is not None or value is None:
        yield PatchStep("remove", target)
        return
    selecting = (_selecting(kind, target, each) for each in canonical_value(target, value) or ())
    if values := [each for each in selecting if each]:
        yield PatchStep("remove", target, values)


def _selecting(kind: Kind, target: Attribute, value: Any) -> dict[str, Any]:
    """Return what selects a value: what we do not have of it, a `$ref` say, selects nothing."""
    if not target.complex:
        return {"value": value}
    return {key: item for key, item in value.items() if declared(kind, target.child(key))}


def _merge(
    kind: Kind, op: str, target: Attribute, value: Any, ignored: list[str]
) -> Iterator[PatchStep]:
    """A value of a complex attribute replaces the sub-attributes that it names, and no others."""
    value = tolerance.unwrapped(value)
    source = value if isinstance(value, dict) else canonical_value(target, value)
    if source is not None:
        yield from _entries(kind, op, source, f"{target.path}.", ignored)
    else:
        yield PatchStep("remove", target)


def _assignment(op: str, target: Attribute, value: Any) -> Iterator[PatchStep]:
    """To give an attribute no value clears it; only `add` to several values then adds nothing.

    `add` of a single value replaces (RFC 7644 section 3.5.2.1).
    """
    mended = canonical_value(target, value)
    if target.unselected:
        if mended is not None or op == "replace":
            yield PatchStep(op, target, parts={str(target.sub): mended})
    elif mended is not None:
        yield PatchStep(op, target, mended)
    elif op == "replace" or not target.multi_valued:
        if target.required:
            raise InvalidValueException(detail=f"{target.path} is required and cannot be cleared")
        yield PatchStep("remove", target)
