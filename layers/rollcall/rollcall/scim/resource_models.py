"""The resource models that Rollcall serves (RFC 7643 sections 4.1 to 4.3).

They are the engine's models with the value types that directories really hold: an e-mail is the
string that the client sent (the engine's `EmailStr` lower-cases domains and refuses
`user@corp.local`), a URL may be any string, a type is a plain string (the engine's enumerations
change its case and build a validator for every comparison), and nothing is declared that does not
round-trip (no password, no `display` on members and groups).
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, Union

import scim2_models as engine
from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import core_schema
from scim2_models import CaseExact, Mutability, Reference, Required, Uniqueness

from rollcall.scim.resource_type import ENTERPRISE, EXTENSIONS, Kind
from rollcall.scim.rollcall_schema import RollcallGroup, RollcallUser


class Link(Reference["external"]):  # type: ignore[name-defined]
    """A URL of something outside, taken as it was sent."""

    __slots__ = ()
    __reference_types__ = ("external",)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source_type: type[Any], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Accept any string: clients need their values back."""
        return core_schema.no_info_after_validator_function(
            source_type,
            core_schema.str_schema(strict=True),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )


class Email(engine.Email):
    """One e-mail address, as the client sent it."""

    value: str | None = None
    """The e-mail address, kept as it was sent."""

    type: str | None = Field(None, examples=["work", "home", "other"])  # type: ignore[assignment]
    """What the address is for."""


class PhoneNumber(engine.PhoneNumber):
    """One telephone number."""

    type: str | None = Field(  # type: ignore[assignment]
        None, examples=["work", "home", "mobile", "fax", "pager", "other"]
    )
    """What the number is for."""


class Im(engine.Im):
    """One instant messaging address."""

    type: str | None = Field(  # type: ignore[assignment]
        None, examples=["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]
    )
    """The service that the address is of."""


class Address(engine.Address):
    """One postal address."""

    type: str | None = Field(None, examples=["work", "home", "other"])  # type: ignore[assignment]
    """What the address is for."""


class Photo(engine.Photo):
    """A link to a picture of the user."""

    value: Link | None = None
    """The URL of the picture."""

    type: str | None = Field(None, examples=["photo", "thumbnail"])  # type: ignore[assignment]
    """What the picture is: the whole or a small one."""


class GroupMembership(engine.ComplexAttribute):
    """A group that the user is a direct member of."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The id of the group."""

    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The URL of the group."""

    type: Annotated[str | None, Mutability.read_only] = Field(None, examples=["direct"])
    """How the user came to be a member: always 'direct'."""


class User(engine.Resource[engine.AnyExtension]):
    """A person's account."""

    __schema__ = engine.URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The name that the user is known by to the identity provider; unique in the tenant, in any
    case and width of letters, with or without blanks around it."""

    name: engine.Name | None = None
    """The components of the user's name."""

    display_name: str | None = None
    """The name to show to other people."""

    nick_name: str | None = None
    """The casual name."""

    profile_url: Link | None = None
    """The URL of a page about the user."""

    title: str | None = None
    """The job title."""

    user_type: str | None = None
    """The relationship to the organisation, such as 'Employee' or 'Contractor'."""

    preferred_language: str | None = None
    """The preferred language, such as 'en-GB'."""

    locale: str | None = None
    """The locale for numbers, dates and currency."""

    timezone: str | None = None
    """The time zone, such as 'Europe/London'."""

    active: bool | None = None
    """Whether the account may be used. A disabled account stays visible."""

    emails: list[Email] | None = None
    """The e-mail addresses."""

    phone_numbers: list[PhoneNumber] | None = None
    """The telephone numbers."""

    ims: list[Im] | None = None
    """The instant messaging addresses."""

    photos: list[Photo] | None = None
    """Links to pictures of the user."""

    addresses: list[Address] | None = None
    """The postal addresses."""

    groups: Annotated[list[GroupMembership] | None, Mutability.read_only] = None
    """The groups that the user is a direct member of. Lists return it only when 'attributes' asks
    for it."""

    entitlements: list[engine.Entitlement] | None = None
    """What the user is entitled to."""

    roles: list[engine.Role] | None = None
    """The roles of the user."""

    x509_certificates: list[engine.X509Certificate] | None = None
    """The certificates issued to the user."""


class Manager(engine.ComplexAttribute):
    """The user's manager; need not have been provisioned yet."""

    value: Annotated[str | None, CaseExact.true] = None
    """The id of the manager's account."""

    ref: Reference["User"] | None = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The URL of the manager's account; follows from its id, whatever is sent."""


class EnterpriseUser(engine.Extension):
    """What organisations add to an account."""

    __schema__ = engine.URN(ENTERPRISE)

    employee_number: str | None = None
    """The identifier that the organisation gave to the person."""

    cost_center: str | None = None
    """The cost centre."""

    organization: str | None = None
    """The organisation."""

    division: str | None = None
    """The division."""

    department: str | None = None
    """The department."""

    manager: Manager | None = None
    """The manager."""


class GroupMember(engine.ComplexAttribute):
    """A member of a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The id of the member."""

    ref: Annotated[Reference[Union["User", "Group"]] | None, Mutability.immutable] = Field(  # type: ignore[type-arg]
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The URL of the member."""

    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User", "Group"])
    """What the member is: 'User' or 'Group'."""


class Group(engine.Resource[engine.AnyExtension]):
    """A group of users and of other groups."""

    __schema__ = engine.URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """The name of the group; unique in the tenant, in any case and width of letters, however many
    blanks are around it and within."""

    members: list[GroupMember] | None = None
    """The direct members."""


ProvisionedUser = User[EnterpriseUser | RollcallUser]
ProvisionedGroup = Group[RollcallGroup]

Model: TypeAlias = type[engine.Resource[Any]]

MODELS: dict[Kind, Model] = {}
PATHS: dict[Kind, type[engine.Path[Any]]] = {}
FILTERS: dict[Kind, type[engine.ScimFilter[Any]]] = {}
PATCHES: dict[Kind, type[engine.PatchOp[Any]]] = {}
"""The model of each resource type, and the engine's types bound to it."""


def bind(kind: Kind, model: Model) -> None:
    """Serve a resource type with a model."""
    build(model)
    MODELS[kind] = model
    PATHS[kind] = engine.Path.__class_getitem__(model)
    FILTERS[kind] = engine.ScimFilter.__class_getitem__(model)
    PATCHES[kind] = engine.PatchOp.__class_getitem__(model)
    build(PATCHES[kind])
    EXTENSIONS[kind] = frozenset(map(str, model.get_extension_models()))


def build(model: type[engine.BaseModel]) -> None:
    """Build the validators of a model and of its parts now, where that was deferred."""
    for name in model.model_fields:
        part = model.get_field_root_type(name)
        if isinstance(part, type) and issubclass(part, engine.BaseModel):
            build(part)
    model.model_rebuild()


bind(Kind.USER, ProvisionedUser)
bind(Kind.GROUP, ProvisionedGroup)
build(engine.Error)  # which translates the engine's refusals
