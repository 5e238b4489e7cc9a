"""The body of a POST or a PUT, read liberally (RFC 7644 sections 3.3 and 3.5.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from pydantic import BaseModel, ValidationError
from scim2_models import Context, Mutability, Resource

from rollcall.scim import member_operations, tolerance, values
from rollcall.scim.attributes import (
    ACTIVE,
    MAX_VALUES,
    Attribute,
    KeyPath,
    Schema,
    declared,
    with_characteristic,
)
from rollcall.scim.comparison import READING
from rollcall.scim.document import encoded, merge_extensions, split_extensions
from rollcall.scim.engine_errors import from_validation
from rollcall.scim.errors import (
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
)
from rollcall.scim.resource_models import MODELS
from rollcall.scim.resource_type import ENTERPRISE, Kind
from rollcall.scim.text_values import TextValues

MAX_DEPTH = 32
"""The levels that a body may have; the resources of SCIM have less than ten."""

Document = dict[str, Any]


@dataclass
class Body:
    """A parsed body: the canonical document, the members, and the names that were ignored.

    `members` is None when the body has no `members`.
    """

    document: Document
    members: list[str] | None = None
    ignored: list[str] = field(default_factory=list)


def read(kind: Kind, payload: Any, context: Context) -> Body:
    """Validate a body and return its canonical document, without `id` and `meta`.

    Raises InvalidSyntaxException when it is not an object, InvalidValueException naming the
    attribute when a value does not fit its type.
    """
    body = Body({})
    sent = TextValues(kind).of_body(check_object(payload))
    cleaned = _cleaned(kind, sent, body.ignored)
    if kind is Kind.GROUP and "members" in cleaned:
        body.members = member_operations.ids(cleaned.pop("members"))
    try:
        model = MODELS[kind].model_validate(cleaned, scim_ctx=context, scim_policy=READING)
    except ValidationError as error:
        raise from_validation(error) from error
    body.document = document(model)
    return body


def check_object(payload: Any) -> dict[str, Any]:
    """Return an object of at most MAX_DEPTH levels. Raises InvalidSyntaxException for others."""
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="the body must be a JSON object")
    level: list[Any] = [payload]
    for _ in range(MAX_DEPTH):
        inner = (each.values() if isinstance(each, dict) else each for each in level)
        level = [each for each in chain.from_iterable(inner) if isinstance(each, dict | list)]
        if not level:
            return payload
    raise InvalidSyntaxException(detail=f"the body has more than {MAX_DEPTH} levels")


def replace(kind: Kind, before: Document, sent: Document) -> Document:
    """Return a canonical document after a PUT (RFC 7644 section 3.5.1).

    Attributes that the PUT does not have are cleared, except `active` (an omission must not enable
    anyone), immutable attributes, and those that are never returned, which a client cannot send
    back. Raises MutabilityException when it changes an immutable attribute.
    """
    after, immutable = sent, with_characteristic(kind, Mutability.immutable)
    for keys in {ACTIVE} | immutable | with_characteristic(kind, Mutability.write_only):
        old, new = _value_at(before, keys), _value_at(sent, keys)
        if old is not None and new is None:
            after = _with_value(after, keys, old)
        elif old not in (None, new) and keys in immutable:
            raise MutabilityException(detail=f"{':'.join(keys[:2])} is immutable")
    return merge_extensions(after, split_extensions(kind, before)[1])


def _value_at(value: Any, keys: KeyPath) -> Any:
    """Return the value under keys, None where there is none; keys do not lead into arrays."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _with_value(document: Document, keys: KeyPath, value: Any) -> Document:
    first, *rest = keys
    return {
        **document,
        first: _with_value(document.get(first, {}), tuple(rest), value) if rest else value,
    }


def document(model: Resource[Any]) -> Document:
    """Return the canonical document of a resource: no nulls, no element of labels alone.

    A manager is stored by its id alone, and not at all without one. Raises InvalidValueException
    for too many values, PayloadTooLargeException for a document that is too large to be stored.
    """
    check_number(model)
    dumped: Document = model.model_dump()
    for key in ("id", "meta", "groups", "members"):
        dumped.pop(key, None)
    manager = dumped.get(ENTERPRISE, {}).pop("manager", {})
    if manager.get("value"):
        dumped[ENTERPRISE]["manager"] = {"value": manager["value"]}
    pruned = _pruned(dumped)
    core = str(type(model).__schema__)
    pruned["schemas"] = [urn for urn in pruned["schemas"] if urn == core or urn in pruned]
    result: Document = pruned
    encoded(result)
    return result


def check_number(model: BaseModel) -> None:
    """Raise InvalidValueException when an attribute has more than MAX_VALUES values."""
    for name, field_info in type(model).model_fields.items():
        value = getattr(model, name, None)
        if isinstance(value, list) and len(value) > MAX_VALUES:
            raise too_many(field_info.serialization_alias or name)
        if isinstance(value, BaseModel):
            check_number(value)


def too_many(name: str) -> InvalidValueException:
    """Return the error for more values than an attribute may have."""
    return InvalidValueException(detail=f"{name} takes at most {MAX_VALUES} values")


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        pruned = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in pruned.items() if not tolerance.is_unassigned(item)}
    if isinstance(value, list):
        return [
            item
            for item in map(_pruned, value)
            if not (tolerance.is_unassigned(item) or tolerance.is_label_only(item))
        ]
    return value


def _cleaned(kind: Kind, payload: Mapping[str, Any], ignored: list[str]) -> Document:
    """Return a payload in the form that the engine takes, without unassigned values."""
    cleaned: Document = {}
    for key, attribute, value in _entries(kind, payload):
        if attribute is None:
            if not tolerance.is_unassigned(value):
                ignored.append(key)
        elif attribute.name == "schemas":
            _check_schemas(kind, value)
        elif attribute.name == "members" and value == []:
            cleaned["members"] = []  # no members, which differs from an omission
        elif not attribute.read_only and (item := canonical_value(attribute, value)) is not None:
            # `manager` without its URN belongs to the extension.
            urn, _, name = attribute.name.rpartition(":")
            parent = cleaned.setdefault(urn, {}) if urn else cleaned
            if parent.setdefault(name, item) != item:
                raise InvalidSyntaxException(detail=f"{attribute.name} stands twice in the body")
    return cleaned


def _check_schemas(kind: Kind, value: Any) -> None:
    """Check the `schemas` of a body; only those of the other resource type are wrong.

    Clients name the schemas of SCIM 1, or an extension alone: the endpoint decides the type. Raises
    InvalidSyntaxException for the other type, InvalidValueException for a value that is not a
    string.
    """
    urns = set()
    for number, each in enumerate(value if isinstance(value, list) else [value]):
        urn = tolerance.unwrapped(each)
        if isinstance(urn, str):
            urns.add(urn.strip().lower())
        elif not tolerance.is_unassigned(urn):
            raise InvalidValueException(detail=f"schemas[{number}] takes a string")
    own = str(MODELS[kind].__schema__)
    others = {str(model.__schema__).lower() for model in MODELS.values()} - {own.lower()}
    if own.lower() not in urns and urns & others:
        raise InvalidSyntaxException(detail=f"schemas names another type, here belongs {own}")


def _entries(
    kind: Kind, payload: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Attribute | None, Any]]:
    """Yield each key with its attribute and its value, also those inside of extensions."""
    for key, value in payload.items():
        target = declared(kind, f"{prefix}{key}")
        if isinstance(target, Schema) and isinstance(value, dict):
            yield from _entries(kind, value, f"{target.urn}:")
        elif isinstance(target, Attribute) and not target.sub and target.selection is None:
            yield f"{prefix}{key}", target, value
        else:
            yield f"{prefix}{key}", None, value


def canonical_value(attribute: Attribute, value: Any) -> Any:
    """Return a value in the form of the attribute's type, None when it is unassigned.

    Raises InvalidValueException naming the attribute when the value does not fit its type.
    """
    if tolerance.is_unassigned(value):
        return None
    if attribute.multi_valued and attribute.selection is None:
        return _elements(attribute, value)
    if attribute.complex:
        return _object(attribute, value)
    value = tolerance.unwrapped(value)
    return None if tolerance.is_unassigned(value) else _fitting(attribute, value, attribute.path)


def _fitting(attribute: Attribute, value: Any, name: str) -> Any:
    try:
        return values.canonical(attribute.target, value)
    except ValueError as error:
        raise InvalidValueException(detail=f"{name} {error}") from error


def _elements(attribute: Attribute, value: Any) -> list[Any] | None:
    name = attribute.path
    if isinstance(value, list) and len(value) > MAX_VALUES and attribute.name != "members":
        raise too_many(name)
    if not attribute.complex:
        plain = map(tolerance.unwrapped, value if isinstance(value, list) else [value])
        assigned = (each for each in plain if not tolerance.is_unassigned(each))
        return [_fitting(attribute, each, name) for each in assigned] or None
    elements = []
    for number, each in enumerate(tolerance.elements(value)):
        element = _pruned(each)
        if tolerance.is_unassigned(element):
            continue
        if not isinstance(element, dict):
            raise InvalidValueException(
                detail=f"{name} takes objects with a value, not {_json_type(each)}"
            )
        if not tolerance.is_label_only(element):
            elements.append(_sub_attributes(attribute, element, f"{name}[{number}]"))
    return elements or None


def _object(attribute: Attribute, value: Any) -> Any:
    if attribute.name == f"{ENTERPRISE}:manager":
        value = tolerance.manager(value)
    value = tolerance.single(value)
    if not isinstance(value, dict):
        raise InvalidValueException(
            detail=f"{attribute.path} takes an object, not {_json_type(value)}"
        )
    return _sub_attributes(attribute, _pruned(value), attribute.path) or None


def _sub_attributes(attribute: Attribute, value: Document, name: str) -> Document:
    """Return a complex value with its sub-attributes in the form of their types."""
    canonical: Document = {}
    for key, item in value.items():
        target = declared(attribute.kind, f"{attribute.name}.{key}")
        path = f"{name}.{key}"
        if not isinstance(target, Attribute):
            canonical[key] = item
        elif target.multi_valued and isinstance(item, list):
            canonical[key] = [_fitting(target, each, path) for each in item]
        else:
            canonical[key] = _fitting(target, item, path)
    return canonical


def _json_type(value: Any) -> str:
    names = {str: "a string", bool: "a boolean", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")
