"""Extension schemas that a deployment declares beside the built-in ones (RFC 7643 section 3.3).

They are RFC 7643 section 7 schema documents, by the resource type that they extend:

    {"User": [{"id": "urn:example:2.0:User", "name": "Badge", "attributes": [...]}], "Group": []}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import Any

from pydantic import ValidationError
from scim2_models import Attribute, Extension, Schema, Uniqueness

from rollcall.operator_error import OperatorError
from rollcall.scim import attributes, discovery
from rollcall.scim.resource_models import EnterpriseUser, Group, User, bind
from rollcall.scim.resource_type import Kind
from rollcall.scim.rollcall_schema import RollcallGroup, RollcallUser


class ExtensionError(OperatorError):
    """A declared extension cannot be served; the message is one sentence."""


def declare(declared: Any) -> None:
    """Serve these extensions beside the built-in ones, in place of those declared before.

    Called once, when a process is wired, before anything is served. Raises ExtensionError naming
    the schema, the attribute and the problem; nothing is changed then.
    """
    extensions: dict[Kind, list[type[Extension]]] = {
        Kind.USER: [EnterpriseUser, RollcallUser],
        Kind.GROUP: [RollcallGroup],
    }
    if not isinstance(declared, Mapping) or not all(
        kind in set(Kind) and isinstance(schemas, list) for kind, schemas in declared.items()
    ):
        raise ExtensionError('extensions are declared as {"User": [schemas], "Group": [schemas]}')
    for kind in Kind:
        for raw in declared.get(kind, []):
            extensions[kind].append(_extension(raw, extensions[kind]))
    for kind, model in ((Kind.USER, User), (Kind.GROUP, Group)):
        own = extensions[kind]
        bind(kind, model[reduce(or_, own)] if own else model)  # type: ignore[arg-type]
    attributes.designate.cache_clear()
    attributes.spellings.cache_clear()
    discovery.schema_documents.cache_clear()
    attributes.with_characteristic.cache_clear()


def _extension(raw: Any, others: list[type[Extension]]) -> type[Extension]:
    try:
        schema = Schema.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ExtensionError(f"extension schema: {where}: {first['msg']}") from error
    urn, name = str(schema.id or ""), schema.name or ""
    if not urn.lower().startswith("urn:"):
        raise ExtensionError(f"extension schema {name or raw!r}: id must be a URN")
    if urn.lower() in {str(each.__schema__).lower() for each in _known(others)}:
        raise ExtensionError(f"extension schema {urn} is declared already")
    if not name.isidentifier() or name in {each.__name__ for each in _known(others)}:
        raise ExtensionError(f"extension schema {urn}: name must be a word of its own")
    if not schema.attributes:
        raise ExtensionError(f"extension schema {urn}: there are no attributes")
    for each in schema.attributes:
        _check(urn, each)
    try:
        extension: type[Extension] = Extension.from_schema(schema)
    except (ValueError, TypeError) as error:
        raise ExtensionError(f"extension schema {urn}: {error}") from error
    return extension


def _known(others: list[type[Extension]]) -> Iterator[Any]:
    yield from (User, Group, *others)


def _check(urn: str, attribute: Attribute) -> None:
    """Refuse an attribute that the schema would advertise and the server could not serve."""
    where = f"extension schema {urn}: {attribute.name}"
    if not attribute.name or attribute.type is None:
        raise ExtensionError(f"{where}: an attribute has a name and a type")
    if attribute.uniqueness not in (None, Uniqueness.none):
        raise ExtensionError(f"{where}: uniqueness must be none")
    is_complex = attribute.type is Attribute.Type.complex
    if is_complex != bool(attribute.sub_attributes):
        raise ExtensionError(f"{where}: complex attributes, and only they, have subAttributes")
    for each in attribute.sub_attributes or []:
        if each.type is Attribute.Type.complex:
            raise ExtensionError(f"{where}.{each.name}: a sub-attribute cannot be complex")
        _check(urn, each)
