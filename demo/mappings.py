"""Entra's default attribute mappings for an application that is not in its gallery."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from demo.source import Group, User

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# Entra adds this one to every group that it creates (clients.md G1).
MICROSOFT_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"

Document = dict[str, Any]
Value = str | bool | None
Values = dict[str, Value]


class Change(NamedTuple):
    """The current and the new value of a target attribute; None is unassigned."""

    before: Value
    after: Value


class ExternalId(StrEnum):
    """The source property that the administrator maps to `externalId`."""

    OBJECT_ID = "object_id"
    MAIL_NICKNAME = "mail_nickname"


class Attribute(NamedTuple):
    """The source of a target attribute: what the portal shows, and how it is read here."""

    source: str
    read: Callable[[User], Value]


USER: Mapping[str, Attribute] = {
    "userName": Attribute("userPrincipalName", lambda user: user.current_principal_name),
    "active": Attribute(
        'Switch([IsSoftDeleted], , "False", "True", "True", "False")', lambda user: user.active
    ),
    "displayName": Attribute("displayName", lambda user: user.display_name),
    "title": Attribute("jobTitle", lambda user: user.job_title),
    'emails[type eq "work"].value': Attribute("mail", lambda user: user.mail),
    "preferredLanguage": Attribute("preferredLanguage", lambda user: user.preferred_language),
    "name.givenName": Attribute("givenName", lambda user: user.given_name),
    "name.familyName": Attribute("surname", lambda user: user.surname),
    "name.formatted": Attribute(
        'Join(" ", [givenName], [surname])',
        lambda user: " ".join(filter(None, (user.given_name, user.surname))),
    ),
    'addresses[type eq "work"].formatted': Attribute(
        "physicalDeliveryOfficeName", lambda user: user.office
    ),
    'addresses[type eq "work"].streetAddress': Attribute(
        "streetAddress", lambda user: user.street_address
    ),
    'addresses[type eq "work"].locality': Attribute("city", lambda user: user.city),
    'addresses[type eq "work"].region': Attribute("state", lambda user: user.state),
    'addresses[type eq "work"].postalCode': Attribute("postalCode", lambda user: user.postal_code),
    'addresses[type eq "work"].country': Attribute("country", lambda user: user.country),
    'phoneNumbers[type eq "work"].value': Attribute("telephoneNumber", lambda user: user.telephone),
    'phoneNumbers[type eq "mobile"].value': Attribute("mobile", lambda user: user.mobile),
    'phoneNumbers[type eq "fax"].value': Attribute(
        "facsimileTelephoneNumber", lambda user: user.fax
    ),
    f"{ENTERPRISE}:employeeNumber": Attribute("employeeId", lambda user: user.employee_id),
    f"{ENTERPRISE}:department": Attribute("department", lambda user: user.department),
}
"""The attributes of a user, in the order of the portal; the job adds `externalId` and `manager`."""

# What still reaches an account whose user has left the scope of the job.
UNASSIGNED = ("active",)
DELETED = ("userName", "active")

_VALUE_PATH = re.compile(r'(?P<attribute>\w+)\[type eq "(?P<type>\w+)"\]\.(?P<sub>\w+)')


def user_values(user: User, external_id: ExternalId = ExternalId.OBJECT_ID) -> Values:
    """Return the values of an account for a user, by target attribute."""
    values: Values = {target: attribute.read(user) or None for target, attribute in USER.items()}
    values["active"] = user.active
    values["externalId"] = getattr(user, external_id)
    return values


def user_targets(user: User) -> tuple[str, ...]:
    """Return the attributes that the job updates for a user, in or out of scope."""
    if user.in_scope:
        return (*USER, "externalId")
    return UNASSIGNED if user.deleted_on is None else DELETED


def group_values(group: Group) -> Values:
    """Return the values of a group, by target attribute, without its members."""
    return {"displayName": group.display_name, "externalId": group.object_id}


def current_values(resource: Document, targets: Iterable[str]) -> Values:
    """Return the target attributes of a resource that the service returned."""
    return {target: _read(resource, target) for target in targets}


def manager_of(resource: Document) -> str | None:
    """Return the id of the manager of a user that the service returned."""
    manager = resource.get(ENTERPRISE, {}).get("manager") or {}
    value = manager.get("value")
    return value if isinstance(value, str) else None


def differences(before: Values, after: Values) -> dict[str, Change]:
    """Return the changes between two sets of values, for the attributes of the first."""
    return {
        target: Change(value, after[target])
        for target, value in before.items()
        if value != after[target]
    }


def new_user(values: Values) -> Document:
    """Write the body of a POST to /Users as Entra does (clients.md U1)."""
    body: Document = {"schemas": [CORE_USER, ENTERPRISE]}
    for target, value in values.items():
        if value is not None:
            _write(body, target, value)
    for email in body.get("emails", ()):
        email["primary"] = True
    return body | {"meta": {"resourceType": "User"}, "roles": []}


def new_group(values: Values) -> Document:
    """Write the body of a POST to /Groups as Entra does (clients.md G1)."""
    body: Document = {"schemas": [CORE_GROUP, MICROSOFT_GROUP]}
    return body | values | {"meta": {"resourceType": "Group"}}


def _read(resource: Document, target: str) -> Value:
    found: Any
    if match := _VALUE_PATH.fullmatch(target):
        elements = resource.get(match["attribute"]) or []
        of_type = [element for element in elements if element.get("type") == match["type"]]
        found = of_type[0].get(match["sub"]) if of_type else None
    elif target.startswith(f"{ENTERPRISE}:"):
        found = resource.get(ENTERPRISE, {}).get(target.removeprefix(f"{ENTERPRISE}:"))
    else:
        parent, _, child = target.partition(".")
        found = resource.get(parent)
        if child:
            found = (found or {}).get(child)
    return found if isinstance(found, str | bool) else None


def _write(body: Document, target: str, value: Value) -> None:
    if match := _VALUE_PATH.fullmatch(target):
        elements = body.setdefault(match["attribute"], [])
        for element in elements:
            if element["type"] == match["type"]:
                element[match["sub"]] = value
                return
        elements.append({"type": match["type"], match["sub"]: value})
    elif target.startswith(f"{ENTERPRISE}:"):
        body.setdefault(ENTERPRISE, {})[target.removeprefix(f"{ENTERPRISE}:")] = value
    else:
        parent, _, child = target.partition(".")
        if child:
            body.setdefault(parent, {})[child] = value
        else:
            body[parent] = value
