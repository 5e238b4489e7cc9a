"""The validator's flattening of schemas, on ours and on others."""

from __future__ import annotations

from typing import Any

import pytest

from demo.mappings import USER as DEMO
from rollcall.gallery.attribute_discovery import discover
from rollcall.gallery.target_attributes import GROUP, USER
from rollcall.scim import discovery

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

OURS = discover(discovery.schemas(""))


@pytest.mark.parametrize("name", sorted({*USER, *DEMO}))
def test_rollcalls_schemas_reveal_what_entra_maps_to_a_user(name: str) -> None:
    assert name in OURS.user


@pytest.mark.parametrize("name", GROUP)
def test_rollcalls_schemas_reveal_what_entra_maps_to_a_group(name: str) -> None:
    assert name in OURS.group


@pytest.mark.parametrize(
    "name",
    [
        'emails[type eq "home"].value',
        'emails[type eq "other"].value',
        'phoneNumbers[type eq "pager"].value',
        'addresses[type eq "other"].country',
        'addresses[type eq "home"].streetAddress',
        'ims[type eq "xmpp"].value',
        'roles[primary eq "True"].value',
        'roles[primary eq "True"].type',
        'roles[primary eq "True"].display',
        "name.honorificPrefix",
        "nickName",
        "userType",
        "locale",
        "timezone",
        f"{ENTERPRISE}:costCenter",
        f"{ENTERPRISE}:division",
        f"{ENTERPRISE}:organization",
    ],
)
def test_rollcalls_schemas_reveal_what_entra_can_map_as_well(name: str) -> None:
    assert name in OURS.user


def test_types_come_from_canonical_values_and_else_the_primary_counts() -> None:
    value = {"name": "value", "type": "string"}
    kind = {"name": "type", "type": "string"}
    primary = {"name": "primary", "type": "boolean"}
    typed = kind | {"canonicalValues": ["work", "home"]}

    found = discover(
        [
            {
                "id": CORE_USER,
                "attributes": [
                    several("emails", value, typed, primary),
                    several("roles", value, kind, primary),
                ],
            }
        ]
    )

    assert found.user == {
        'emails[type eq "work"].value',
        'emails[type eq "home"].value',
        'roles[primary eq "True"].value',
        'roles[primary eq "True"].type',
    }


def several(name: str, *inner: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "type": "complex", "multiValued": True, "subAttributes": [*inner]}


def test_references_are_not_listed_but_manager_and_members_are() -> None:
    inner = [{"name": "value", "type": "string"}, {"name": "$ref", "type": "reference"}]
    found = discover(
        [
            {
                "id": CORE_USER,
                "attributes": [
                    {"name": "profileUrl", "type": "reference"},
                    {"name": "name", "type": "complex", "subAttributes": inner},
                    {"name": "manager", "type": "complex", "subAttributes": inner},
                ],
            }
        ]
    )

    assert found.user == {"name.value", "manager"}


def test_any_other_schema_extends_the_user_by_its_urn() -> None:
    found = discover([{"id": "urn:x:User", "attributes": [{"name": "badge", "type": "reference"}]}])

    assert found.user == {"urn:x:User:badge"}


def test_names_are_compared_in_any_case() -> None:
    found = discover([{"id": CORE_USER, "attributes": [{"name": "USERNAME", "type": "string"}]}])

    assert found.missing(["userName", "title"], ["displayName"]) == (["title"], ["displayName"])


@pytest.mark.parametrize(
    "schemas",
    [
        [{}],
        [{"id": CORE_USER}],
        [{"id": CORE_USER, "attributes": None}],
        [{"id": CORE_USER, "attributes": ["title"]}],
        [{"id": CORE_USER, "attributes": [{"type": "complex", "subAttributes": 1}]}],
    ],
)
def test_schemas_of_another_form_reveal_nothing(schemas: list[dict[str, Any]]) -> None:
    assert discover(schemas).missing(["title"], []) == (["title"], [])
