"""The target attributes of a provisioning job, by Entra's default mappings, and their values.

A name has one of four forms: `title`, `name.givenName`, `emails[type eq "work"].value`, and
`urn:…:User:department`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from rollcall.gallery.scim_client import Document

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"

_ADDRESS = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")

USER = (
    "userName",
    "active",
    "displayName",
    "title",
    'emails[type eq "work"].value',
    "preferredLanguage",
    "name.givenName",
    "name.familyName",
    "name.formatted",
    *(f'addresses[type eq "work"].{part}' for part in _ADDRESS),
    *(f'phoneNumbers[type eq "{kind}"].value' for kind in ("work", "mobile", "fax")),
    "externalId",
    f"{ENTERPRISE}:employeeNumber",
    f"{ENTERPRISE}:department",
    MANAGER,
)
"""What the default mappings of an application that is not in the gallery write to a user."""

GROUP = ("displayName", "externalId", "members")
"""What they write to a group."""

UPDATED = tuple(name for name in USER if name not in {"active", MANAGER})
"""What the validator's update changes: single values that are no reference, without `active`."""

CLEARED = tuple(name for name in UPDATED if name not in {"userName", "externalId"})
"""What it clears: the same without the matching attribute and `externalId`."""

_VALUE_PATH = re.compile(r'(?P<attribute>\w+)\[type eq "(?P<type>\w+)"\]\.(?P<sub>\w+)')

_SAMPLES: Mapping[str, str] = {
    "title": "Surveyor",
    "preferredLanguage": "en-GB",
    "streetAddress": "1 Gallery Walk",
    "locality": "London",
    "region": "Greater London",
    "postalCode": "N1 9GU",
    "country": "GB",
    "givenName": "Gallery",
    "familyName": "Check",
}
_PHONES = {"work": "+44 20 7946 0001", "mobile": "+44 7700 900001", "fax": "+44 20 7946 0002"}


class TargetPath(NamedTuple):
    """A name in its parts: the parent, the type of an element, and the attribute within."""

    parent: str
    element: str
    attribute: str


def parse(name: str) -> TargetPath:
    """Return the parts of a name; a plain name has no attribute within."""
    if match := _VALUE_PATH.fullmatch(name):
        return TargetPath(match["attribute"], match["type"], match["sub"])
    if name.startswith("urn:"):
        urn, _, attribute = name.rpartition(":")
        return TargetPath(urn, "", attribute)
    parent, _, attribute = name.partition(".")
    return TargetPath(parent, "", attribute)


def top_level(name: str) -> str:
    """Return the attribute of the schema that a name is of."""
    path = parse(name)
    return path.attribute if name.startswith("urn:") else path.parent


def read(resource: Document, name: str) -> Any:
    """Return the value of a resource under a name, None where it has none.

    Of several elements of one type the first counts, as for the validator.
    """
    path = parse(name)
    value = resource.get(path.parent)
    if path.element:
        value = next((each for each in _dicts(value) if _is_of(each, path.element)), None)
    if path.attribute:
        value = value.get(path.attribute) if isinstance(value, dict) else None
    return value


def write(resource: Document, name: str, value: Any) -> None:
    """Set the value of a resource under a name."""
    path = parse(name)
    if path.element:
        elements: list[Document] = resource.setdefault(path.parent, [])
        element = next((each for each in elements if each["type"] == path.element), None)
        if element is None:
            element = {"type": path.element, "primary": not elements}
            elements.append(element)
        element[path.attribute] = value
    elif path.attribute:
        resource.setdefault(path.parent, {})[path.attribute] = value
    else:
        resource[path.parent] = value


def new_user(user_name: str, external_id: str) -> Document:
    """Return the body of a user with a value for each mapped attribute but the manager."""
    body: Document = {"schemas": [CORE_USER, ENTERPRISE], "userName": user_name, "active": True}
    for name in USER:
        if name not in {"userName", "active", MANAGER}:
            write(body, name, external_id if name == "externalId" else sample(name, user_name))
    return body


def new_group(display_name: str, external_id: str) -> Document:
    """Return the body of a group."""
    return {"schemas": [CORE_GROUP], "displayName": display_name, "externalId": external_id}


def sample(name: str, user_name: str) -> str:
    """Return a plausible value for an attribute of a new user."""
    path = parse(name)
    if path.parent == "emails":
        return user_name
    if path.parent == "phoneNumbers":
        return _PHONES[path.element]
    return _SAMPLES.get(path.attribute or path.parent, user_name.partition("@")[0])


def operations(values: Iterable[tuple[str, Any]]) -> list[Document]:
    """Return the operations of a PATCH in the validator's form.

    Each value path is an operation of its own; all other names are keys of one without a path.
    """
    pairs = list(values)
    paths = [(name, value) for name, value in pairs if parse(name).element]
    keys = {name: value for name, value in pairs if not parse(name).element}
    listed: list[Document] = [
        {"op": "replace", "path": name, "value": value} for name, value in paths
    ]
    return [*listed, {"op": "replace", "value": keys}] if keys else listed


def _dicts(value: Any) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _is_of(element: Document, kind: str) -> bool:
    return str(element.get("type", "")).lower() == kind.lower()
