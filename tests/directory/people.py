"""Users and groups to put into a directory, and the requests that are sent about them."""

from __future__ import annotations

from typing import Any

from rollcall.directory.directory import Directory
from rollcall.directory.search import Query

URL = "https://scim.test/scim/acme/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
NEVER_ISSUED = "11111111-1111-4111-8111-111111111111"


def user(directory: Directory, name: str, **attributes: Any) -> str:
    """Create a user and return its id."""
    return directory.users.create({"schemas": [USER], "userName": name, **attributes}).record.id


def users(directory: Directory, number: int) -> list[str]:
    """Create users and return their ids."""
    return [user(directory, f"user{each}") for each in range(number)]


def group(directory: Directory, name: str, *members: str) -> str:
    """Create a group and return its id."""
    listed = [{"value": each} for each in members]
    payload = {"schemas": [GROUP], "displayName": name, "members": listed}
    return directory.groups.create(payload).record.id


def patch(*operations: tuple[str, str | None, Any]) -> dict[str, Any]:
    """Return a PATCH of (op, path, value) each."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [
            {"op": op, "value": value} | ({} if path is None else {"path": path})
            for op, path, value in operations
        ],
    }


def adding(*members: str) -> dict[str, Any]:
    """Return the PATCH that makes members."""
    return patch(("add", "members", [{"value": each} for each in members]))


def removing(*members: str) -> dict[str, Any]:
    """Return the PATCH that ends memberships."""
    return patch(("remove", "members", [{"value": each} for each in members]))


def setting(*members: str) -> dict[str, Any]:
    """Return the PATCH that leaves these members and no others."""
    return patch(("replace", "members", [{"value": each} for each in members]))


def titled(title: str) -> dict[str, Any]:
    """Return the PATCH that gives a user a title."""
    return patch(("replace", "title", title))


def members_of(directory: Directory, identifier: str) -> set[str]:
    """Return the ids of the members of a group."""
    return {each["value"] for each in directory.groups.read(identifier).resource.get("members", ())}


def groups_of(directory: Directory, identifier: str) -> set[str]:
    """Return the ids of the groups of a user."""
    return {each["value"] for each in directory.users.read(identifier).resource.get("groups", ())}


def found(directory: Directory, filter_: str) -> list[str]:
    """Return the ids of the users that a filter finds."""
    from rollcall.scim.resource_type import Kind

    answer = directory.search.run([Kind.USER], Query(filter=filter_))
    return [each["id"] for each in answer["Resources"]]
