"""What an attribute path designates on a resource type (RFC 7644 sections 3.5.2 and 3.10)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from inspect import isclass
from typing import Any

from scim2_models import (
    BaseModel,
    InvalidPathException,
    Mutability,
    Required,
)
from scim2_models.path import FilterNode

from rollcall.scim import tolerance
from rollcall.scim.resources import MODELS, PATHS, Kind


@dataclass(frozen=True)
class Attribute:
    """A declared attribute or sub-attribute, and the values of it that a path selects.

    `path` is the text for the engine, `name` the attribute without selection or sub-attribute as
    the schema spells it (an extension's with its URN), `target` the Python type of a single value.
    """

    path: str
    name: str
    sub: str | None
    selection: FilterNode | None
    multi_valued: bool
    complex: bool
    target: Any
    read_only: bool
    immutable: bool
    required: bool

    def child(self, name: str) -> str:
        """Return the path of a sub-attribute of what this path designates."""
        return f"{self.path}.{name}"


@dataclass(frozen=True)
class Schema:
    """A whole schema, named by its URN: the resource's own, or an extension."""

    urn: str
    is_extension: bool


@lru_cache(maxsize=4096)
def designate(kind: Kind, text: str) -> Attribute | Schema | None:
    """Return what a path designates, None when no schema of the resource type declares it.

    Raises InvalidPathException when the path is malformed.
    """
    mended = tolerance.attribute_path(text)
    try:
        path = PATHS[kind](mended)
    except InvalidPathException as error:
        raise InvalidPathException(detail=f"{text!r} is no attribute path: {error}") from error
    if path.model is not None:
        own = path.model is MODELS[kind]
        urn = str(MODELS[kind].__schema__) if own else _extension(kind, mended)
        return Schema(urn, is_extension=not own)
    binding = path.resolve()
    if binding is None:
        return None
    holder = binding.model
    spelled = binding.urn if issubclass(holder, BaseModel) else mended
    core = f"{MODELS[kind].__schema__}:"
    spelled = spelled.removeprefix(core)
    head, _, sub = _split(spelled)
    mutability = {
        holder.get_field_annotation(binding.field_name, Mutability),
        binding.get_annotation(Mutability),
    }
    target = binding.target_type
    return Attribute(
        path=mended,
        name=head,
        sub=sub or None,
        selection=path.value_filter,
        multi_valued=binding.is_multivalued and binding.sub_field_name is None,
        complex=isclass(target) and issubclass(target, BaseModel),
        target=target,
        read_only=Mutability.read_only in mutability,
        immutable=Mutability.immutable in mutability,
        required=binding.sub_field_name is None
        and holder.get_field_annotation(binding.field_name, Required) == Required.true,
    )


def declared(kind: Kind, text: str) -> Attribute | Schema | None:
    """Return what a key of an object designates, None also when the key is malformed.

    Keys that we do not have are ignored, so that they never fail their siblings.
    """
    try:
        return designate(kind, text)
    except InvalidPathException:
        return None


def _split(name: str) -> tuple[str, str, str]:
    """Split `urn:…:2.0:User:name.familyName` at the dot behind the last colon."""
    start = name.rfind(":") + 1
    head, dot, sub = name[start:].partition(".")
    return name[:start] + head, dot, sub


def _extension(kind: Kind, text: str) -> str:
    """Return the URN of an extension as it is declared."""
    return next(urn for urn in MODELS[kind].get_extension_models() if urn.lower() == text.lower())
