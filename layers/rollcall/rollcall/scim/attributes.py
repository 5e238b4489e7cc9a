"""What an attribute path designates on a resource type (RFC 7644 sections 3.5.2 and 3.10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from inspect import isclass
from typing import Any

from scim2_models import (
    AttributeBinding,
    BaseModel,
    Extension,
    Mutability,
    Required,
    Returned,
)
from scim2_models.path import Comparison, FilterNode, LogicalExpr, Not, Present, ValuePath

from rollcall.scim import tolerance
from rollcall.scim.case_folding import encodable
from rollcall.scim.engine_errors import translated
from rollcall.scim.errors import InvalidPathException
from rollcall.scim.resource_models import MODELS, PATHS
from rollcall.scim.resource_type import Kind

MAX_LENGTH = 8192
"""The characters that a path or a filter may have."""

MAX_VALUES = 200
"""The values that an attribute may have, the members of a group aside."""

_NO_NAME = re.compile(r"[^\w$:.-]")


KeyPath = tuple[str, ...]

ACTIVE: KeyPath = ("active",)
"""The keys of `active`; without it, a disabled account would count as enabled."""


@dataclass(frozen=True)
class Attribute:
    """A declared attribute or sub-attribute, and the values of it that a path selects.

    `path` is the text for the engine, `name` the attribute without selection or sub-attribute as
    the schema spells it (an extension's with its URN), `target` the Python type of a single value.
    """

    kind: Kind
    path: str
    name: str
    sub: str | None
    selection: FilterNode | None
    multi_valued: bool
    unselected: bool
    complex: bool
    target: Any
    case_exact: bool
    read_only: bool
    immutable: bool
    required: bool

    def child(self, name: str) -> str:
        """Return the path of a sub-attribute of what this path designates."""
        return f"{self.path}.{name}"

    @property
    def keys(self) -> KeyPath:
        """The keys of its value in a document, from the outside in."""
        urn, _, own = self.name.rpartition(":")
        return tuple(part for part in (urn, own, self.sub) if part)


@dataclass(frozen=True)
class Schema:
    """A whole schema, named by its URN: the resource's own, or an extension."""

    urn: str
    is_extension: bool
    read_only: bool = False


@lru_cache(maxsize=1024)
def designate(kind: Kind, text: str) -> Attribute | Schema | None:
    """Return what a path designates, None when no schema of the resource type declares it.

    The attributes in its selection have to be declared, too. Raises InvalidPathException when the
    path is malformed, or longer than MAX_LENGTH.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidPathException(detail=f"a path has at most {MAX_LENGTH} characters")
    corrected = tolerance.attribute_path(tolerance.filter_text(text) if "[" in text else text)
    try:
        with translated():
            path = PATHS[kind](corrected)
    except InvalidPathException as error:
        raise InvalidPathException(detail=f"{text!r} is no attribute path: {error}") from error
    if path.model is not None:
        own = path.model is MODELS[kind]
        urn = str(MODELS[kind].__schema__) if own else _extension(kind, corrected)
        return Schema(urn, is_extension=not own, read_only=_is_read_only(path.model))
    binding = path.resolve()
    if binding is None or _is_no_attribute(binding):
        return None
    holder, spelled = binding.model, binding.urn
    core = f"{MODELS[kind].__schema__}:"
    spelled = spelled.removeprefix(core)
    name, _, sub = _split(spelled)
    mutability = {
        holder.get_field_annotation(binding.field_name, Mutability),
        binding.get_annotation(Mutability),
    }
    target = binding.target_type
    selection = path.value_filter
    if selection is not None and not _is_selection_declared(kind, binding, name, selection):
        return None
    return Attribute(
        kind=kind,
        path=corrected,
        name=name,
        sub=sub or None,
        selection=selection,
        multi_valued=binding.is_multivalued and binding.sub_field_name is None,
        unselected=bool(binding.is_multivalued and sub and selection is None),
        complex=isclass(target) and issubclass(target, BaseModel),
        target=target,
        case_exact=binding.case_exact,
        read_only=Mutability.read_only in mutability,
        immutable=Mutability.immutable in mutability,
        required=binding.sub_field_name is None
        and holder.get_field_annotation(binding.field_name, Required) == Required.true,
    )


def declared(kind: Kind, name: str) -> Attribute | Schema | None:
    """Return what a name designates, None when no schema of the resource type declares it.

    A name is a path without a selection, in upper or lower case. It is looked up and not parsed,
    since a request may have thousands of unknown names.
    """
    spelled = spellings(kind).get(tolerance.attribute_path(name).lower())
    return None if spelled is None else designate(kind, spelled)


def designate_key(kind: Kind, key: str) -> Attribute | Schema | None:
    """Return what a key of a PATCH designates, a name or a path, None also when it is malformed.

    Unknown keys are ignored, so that the other keys of the object are applied.
    """
    if not selects(key):
        return declared(kind, key)
    try:
        return designate(kind, key)
    except InvalidPathException:
        return None


def selects(path: str) -> bool:
    """Tell whether a path is more than a name, and has to be parsed."""
    return _NO_NAME.search(path.strip()) is not None


@cache
def spellings(kind: Kind) -> dict[str, str]:
    """Return the names of all schemas and attributes as they are declared, by their lower case."""
    model = MODELS[kind]
    core = str(model.__schema__)
    names = {"": "", core.lower(): core}
    for name in _names(model):
        names[name.lower()] = names[f"{core}:{name}".lower()] = name
    for urn, extension in model.get_extension_models().items():
        names[urn.lower()] = str(urn)
        names |= {f"{urn}:{name}".lower(): f"{urn}:{name}" for name in _names(extension)}
    return names


def _names(model: type[BaseModel]) -> Iterator[str]:
    """Yield the names of a model's attributes and of their sub-attributes."""
    for field_name, field in model.model_fields.items():
        name, whole = str(field.serialization_alias), model.get_field_root_type(field_name)
        if isclass(whole) and issubclass(whole, Extension):
            continue
        yield name
        if isclass(whole) and issubclass(whole, BaseModel):
            yield from (f"{name}.{sub.serialization_alias}" for sub in whole.model_fields.values())


@cache
def with_characteristic(kind: Kind, characteristic: Returned | Mutability) -> frozenset[KeyPath]:
    """Return the keys of the attributes and sub-attributes with a characteristic."""
    keys = set()
    for path in PATHS[kind].iter_paths():
        binding = path.resolve()
        if binding is None or binding.get_annotation(type(characteristic)) is not characteristic:
            continue
        attribute = declared(kind, str(path))
        if isinstance(attribute, Attribute):
            keys.add(attribute.keys)
    return frozenset(keys)


def leaves(node: FilterNode) -> Iterator[Comparison | Present | ValuePath]:
    """Yield the comparisons, presence tests and selections that a filter is made of."""
    if isinstance(node, Not):
        yield from leaves(node.expr)
    elif isinstance(node, LogicalExpr):
        for term in node.terms:
            yield from leaves(term)
    elif isinstance(node, Comparison | Present | ValuePath):
        yield node


def _is_no_attribute(binding: AttributeBinding) -> bool:
    """Tell whether a name is no attribute: an extension's class, or the `schemas` inside of one."""
    whole = binding.field_type
    nested = issubclass(binding.model, Extension) and binding.field_name == "schemas"
    return nested or (isclass(whole) and issubclass(whole, Extension))


def _is_read_only(model: type[BaseModel]) -> bool:
    """Tell whether all attributes of a schema are read-only."""
    own = model.model_fields.keys() - {"schemas"}
    return all(model.get_field_annotation(each, Mutability) is Mutability.read_only for each in own)


def _is_selection_declared(
    kind: Kind, binding: AttributeBinding, name: str, selection: FilterNode
) -> bool:
    """Tell whether all sub-attributes in the selection of an attribute's values are declared.

    Raises InvalidPathException when the selection holds half a character.
    """
    for leaf in leaves(selection):
        value = leaf.value if isinstance(leaf, Comparison) else None
        if isinstance(value, str) and not encodable(value):
            raise InvalidPathException(detail=f"{name} is selected by half a character")
    whole = binding.field_type
    if not (isclass(whole) and issubclass(whole, BaseModel)):
        return True  # plain values, whose name in a selection is `value`
    return all(declared(kind, f"{name}.{leaf.attr_path}") for leaf in leaves(selection))


def _split(name: str) -> tuple[str, str, str]:
    """Split `urn:…:2.0:User:name.familyName` at the dot after the last colon."""
    start = name.rfind(":") + 1
    head, dot, sub = name[start:].partition(".")
    return name[:start] + head, dot, sub


def _extension(kind: Kind, text: str) -> str:
    """Return the URN of an extension as it is declared."""
    return next(urn for urn in MODELS[kind].get_extension_models() if urn.lower() == text.lower())
