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
from rollcall.scim.comparison import POLICY
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
"""The levels that a body may have; what SCIM knows has less than ten."""

Document = dict[str, Any]


@dataclass
class Body:
    """A body, read: the canonical document, the members, and the names that were ignored.

    `members` is None when the body has no `members`.
    """

    document: Document
    members: list[str] | None = None
    ignored: list[str] = field(default_factory=list)


def read(kind: Kind, payload: Any, context: Context) -> Body:
    """Validate a body and return its canonical document, without `id` and `meta`.

    Raises InvalidSyntaxException when it is no object, InvalidValueException naming the attribute
    when a value does not fit.
    """
    body = Body({})
    sent = TextValues(kind).of_body(check_object(payload))
    cleaned = _cleaned(kind, sent, body.ignored)
    if kind is Kind.GROUP and "members" in cleaned:
        body.members = member_operations.ids(cleaned.pop("members"))
    try:
        model = MODELS[kind].model_validate(cleaned, scim_ctx=context, scim_policy=POLICY)
    except ValidationError as error:
        raise from_validation(error) from error
    body.document = document(model)
    return body


def check_object(payload: Any) -> dict[str, Any]:
    """Return a payload that is an object of a sane depth. Raises InvalidSyntaxException."""
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
    """Return what a PUT makes of a canonical document (RFC 7644 section 3.5.1).

    What it does not hold is cleared, except `active` (a PUT that forgets it must not enable
    anyone), what cannot change once it has a value, and what is never returned: who puts back what
    was read does not know it. Raises MutabilityException when it changes what cannot change.
    """
    after, immutable = sent, with_characteristic(kind, Mutability.immutable)
    for keys in {ACTIVE} | immutable | with_characteristic(kind, Mutability.write_only):
        had, has = _at(before, keys), _at(sent, keys)
        if had is not None and has is None:
            after = _with(after, keys, had)
        elif had not in (None, has) and keys in immutable:
            raise MutabilityException(detail=f"{':'.join(keys[:2])} is immutable")
    return merge_extensions(after, split_extensions(kind, before)[1])


def _at(found: Any, keys: KeyPath) -> Any:
    """Return what stands under keys; elements of arrays are no one in particular."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _with(document: Document, keys: KeyPath, value: Any) -> Document:
    first, *rest = keys
    return {
        **document,
        first: _with(document.get(first, {}), tuple(rest), value) if rest else value,
    }


def document(model: Resource[Any]) -> Document:
    """Return the canonical document of a resource: no nulls, no element of labels alone.

    What is computed when it is read is left out: the URL of a manager, and a manager without an id.
    Raises InvalidValueException for too many values, PayloadTooLargeException for a document that
    cannot be kept, before anything is made of its values.
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
            named = field_info.serialization_alias or name
            raise too_many(named)
        if isinstance(value, BaseModel):
            check_number(value)


def too_many(named: str) -> InvalidValueException:
    """Return the error for more values than an attribute takes."""
    return InvalidValueException(detail=f"{named} takes at most {MAX_VALUES} values")


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
    """Return a payload in the shapes that the engine takes, without what is unassigned."""
    cleaned: Document = {}
    for key, attribute, value in _entries(kind, payload):
        if attribute is None:
            if not tolerance.is_unassigned(value):
                ignored.append(key)
        elif attribute.name == "schemas":
            _check_schemas(kind, value)
        elif attribute.name == "members" and value == []:
            cleaned["members"] = []  # an empty array of members is a statement, not an omission
        elif not attribute.read_only and (mended := canonical_value(attribute, value)) is not None:
            # A bare `manager` belongs to its extension, wherever it stands.
            urn, _, name = attribute.name.rpartition(":")
            holder = cleaned.setdefault(urn, {}) if urn else cleaned
            if holder.setdefault(name, mended) != mended:
                raise InvalidSyntaxException(detail=f"{attribute.name} stands twice in the body")
    return cleaned


def _check_schemas(kind: Kind, value: Any) -> None:
    """Let through what a body says of its schemas: the endpoint says what is meant.

    Clients name the schemas of SCIM 1, or an extension alone. Only a resource of the other type is
    at the wrong endpoint. Raises InvalidSyntaxException for that, InvalidValueException for what is
    no string.
    """
    named = set()
    for number, each in enumerate(value if isinstance(value, list) else [value]):
        urn = tolerance.unwrapped(each)
        if isinstance(urn, str):
            named.add(urn.strip().lower())
        elif not tolerance.is_unassigned(urn):
            raise InvalidValueException(detail=f"schemas[{number}] takes a string")
    own = str(MODELS[kind].__schema__)
    others = {str(model.__schema__).lower() for model in MODELS.values()} - {own.lower()}
    if own.lower() not in named and named & others:
        raise InvalidSyntaxException(detail=f"schemas names another type, here belongs {own}")


def _entries(
    kind: Kind, payload: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Attribute | None, Any]]:
    """Yield each key with the attribute that it names, those inside of extensions as well."""
    for key, value in payload.items():
        found = declared(kind, f"{prefix}{key}")
        if isinstance(found, Schema) and isinstance(value, dict):
            yield from _entries(kind, value, f"{found.urn}:")
        elif isinstance(found, Attribute) and not found.sub and found.selection is None:
            yield f"{prefix}{key}", found, value
        else:
            yield f"{prefix}{key}", None, value


def canonical_value(attribute: Attribute, value: Any) -> Any:
    """Return a value in the shape that the attribute's type wants, None when it is unassigned.

    Raises InvalidValueException naming the attribute when it is given something that is no value
    of it.
    """
    if tolerance.is_unassigned(value):
        return None
    if attribute.multi_valued and attribute.selection is None:
        return _elements(attribute, value)
    if attribute.complex:
        return _object(attribute, value)
    value = tolerance.unwrapped(value)
    return None if tolerance.is_unassigned(value) else _fitting(attribute, value, attribute.path)


def _fitting(attribute: Attribute, value: Any, named: str) -> Any:
    try:
        return values.canonical(attribute.target, value)
    except ValueError as error:
        raise InvalidValueException(detail=f"{named} {error}") from error


def _elements(attribute: Attribute, value: Any) -> list[Any] | None:
    named = attribute.path
    if isinstance(value, list) and len(value) > MAX_VALUES and attribute.name != "members":
        raise too_many(named)
    if not attribute.complex:
        plain = map(tolerance.unwrapped, value if isinstance(value, list) else [value])
        found = (each for each in plain if not tolerance.is_unassigned(each))
        return [_fitting(attribute, each, named) for each in found] or None
    kept = []
    for number, each in enumerate(tolerance.elements(value)):
        element = _pruned(each)
        if tolerance.is_unassigned(element):
            continue
        if not isinstance(element, dict):
            raise InvalidValueException(
                detail=f"{named} takes objects with a value, not {_kind_of(each)}"
            )
        if not tolerance.is_label_only(element):
            kept.append(_parts(attribute, element, f"{named}[{number}]"))
    return kept or None


def _object(attribute: Attribute, value: Any) -> Any:
    if attribute.name == f"{ENTERPRISE}:manager":
        value = tolerance.manager(value)
    value = tolerance.single(value)
    if not isinstance(value, dict):
        raise InvalidValueException(
            detail=f"{attribute.path} takes an object, not {_kind_of(value)}"
        )
    return _parts(attribute, _pruned(value), attribute.path) or None


def _parts(attribute: Attribute, value: Document, named: str) -> Document:
    """Return a complex value with its sub-attributes in the form in which their types are kept."""
    mended: Document = {}
    for key, item in value.items():
        found = declared(attribute.kind, f"{attribute.name}.{key}")
        where = f"{named}.{key}"
        if not isinstance(found, Attribute):
            mended[key] = item
        elif found.multi_valued and isinstance(item, list):
            mended[key] = [_fitting(found, each, where) for each in item]
        else:
            mended[key] = _fitting(found, item, where)
    return mended


def _kind_of(value: Any) -> str:
    names = {str: "a string", bool: "a boolean", list: "an array", dict: "an object"}
    return names.get(type(value), "a number")
