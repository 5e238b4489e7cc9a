"""A stored resource becomes the representation that clients get (RFC 7643 section 3)."""

from __future__ import annotations

from typing import Any

import pytest

from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
URL = "https://example.com/scim/acme/v2"


def record(kind: Kind, document: dict[str, Any]) -> Record:
    return Record(kind, "x1", document, 3, "2026-01-01T08:00:00.000Z", "2026-02-01T08:00:00.000Z")


USER = record(Kind.USER, {"schemas": [CORE], "userName": "ada", "active": False})
STAFF = record(Kind.GROUP, {"schemas": [GROUP], "displayName": "Staff"})


def test_a_user_has_an_id_and_meta() -> None:
    assert USER.representation(URL) == {
        "schemas": [CORE],
        "id": "x1",
        "userName": "ada",
        "active": False,
        "meta": {
            "resourceType": "User",
            "created": "2026-01-01T08:00:00.000Z",
            "lastModified": "2026-02-01T08:00:00.000Z",
            "location": f"{URL}/Users/x1",
            "version": 'W/"3"',
        },
    }


def test_a_group_has_an_id_and_meta() -> None:
    assert STAFF.representation(URL) == {
        "schemas": [GROUP],
        "id": "x1",
        "displayName": "Staff",
        "meta": {
            "resourceType": "Group",
            "created": "2026-01-01T08:00:00.000Z",
            "lastModified": "2026-02-01T08:00:00.000Z",
            "location": f"{URL}/Groups/x1",
            "version": 'W/"3"',
        },
    }


def test_the_groups_of_a_user_are_direct_and_located() -> None:
    assert USER.representation(URL, groups=iter(["g1", "g2"]))["groups"] == [
        {"value": "g1", "$ref": f"{URL}/Groups/g1", "type": "direct"},
        {"value": "g2", "$ref": f"{URL}/Groups/g2", "type": "direct"},
    ]


def test_the_members_of_a_group_are_typed_and_located() -> None:
    assert STAFF.representation(URL, members={"u1": "User", "g2": Kind.GROUP})["members"] == [
        {"value": "u1", "$ref": f"{URL}/Users/u1", "type": "User"},
        {"value": "g2", "$ref": f"{URL}/Groups/g2", "type": "Group"},
    ]


@pytest.mark.parametrize("nobody", [None, {}])
def test_nobody_is_left_out(nobody: Any) -> None:
    assert "members" not in STAFF.representation(URL, members=nobody)
    assert "groups" not in USER.representation(URL, groups=nobody)


def test_a_manager_is_located() -> None:
    extension = {"department": "Engines", "manager": {"value": "m1"}}
    document = {"schemas": [CORE, ENTERPRISE], "userName": "ada", ENTERPRISE: extension}
    assert record(Kind.USER, document).representation(URL)[ENTERPRISE] == {
        "department": "Engines",
        "manager": {"value": "m1", "$ref": f"{URL}/Users/m1"},
    }
    assert extension == {"department": "Engines", "manager": {"value": "m1"}}


def test_an_extension_without_a_manager_stays_as_it_is() -> None:
    document = {"schemas": [CORE, ENTERPRISE], "userName": "a", ENTERPRISE: {"division": "North"}}
    assert record(Kind.USER, document).representation(URL)[ENTERPRISE] == {"division": "North"}


def test_the_entity_tag_is_weak_and_counts_versions() -> None:
    assert USER.etag == 'W/"3"'


@pytest.mark.parametrize(("kind", "path"), [(Kind.USER, "Users"), (Kind.GROUP, "Groups")])
def test_a_resource_is_located_below_the_base_url(kind: Kind, path: str) -> None:
    assert record(kind, {}).location(URL) == f"{URL}/{path}/x1"
