"""Schema discovery: what the schemas reveal of the mapped attributes (RFC 7644 section 4)."""

from __future__ import annotations

from rollcall.gallery.attribute_discovery import discover
from rollcall.gallery.check_result import Mismatch
from rollcall.gallery.check_session import GROUPS, READ, USERS, CheckSession, expect
from rollcall.gallery.target_attributes import CORE_GROUP, CORE_USER, GROUP, USER, parse

_GET = "GET /Schemas"


def schema_discoverability(session: CheckSession) -> list[Mismatch]:
    """Flatten the schemas as the validator does, and look for each mapped attribute."""
    answer = session.schemas()
    expect(answer, READ, _GET)
    if not answer.resources:
        none = f"the answer was {answer.summary} without Resources"
        return [Mismatch("Resources", _GET, none, "a list of schemas")]
    users, groups = discover(answer.resources).missing(USER, GROUP)
    return [
        *(_missing(name, "User") for name in users),
        *(_missing(name, "Group") for name in groups),
    ]


def discovery_endpoints(session: CheckSession) -> list[Mismatch]:
    """Read the resource types and the configuration."""
    types = session.client.get("/ResourceTypes")
    expect(types, READ, "GET /ResourceTypes")
    config = session.client.get("/ServiceProviderConfig")
    expect(config, READ, "GET /ServiceProviderConfig")
    listed = {each.get("endpoint"): each.get("schema") for each in types.resources}
    mismatches = [
        Mismatch(
            name,
            "GET /ResourceTypes",
            f"the answer has no type with the endpoint {endpoint} and the schema {schema}",
            "users, and groups where they are provisioned",
        )
        for name, endpoint, schema in (("User", USERS, CORE_USER), ("Group", GROUPS, CORE_GROUP))
        if listed.get(endpoint) != schema
    ]
    if not isinstance(config.document.get("patch"), dict):
        none = f"the answer was {config.summary} without patch"
        mismatches.append(
            Mismatch("patch", "GET /ServiceProviderConfig", none, "what the server supports")
        )
    return mismatches


def _missing(name: str, schema: str) -> Mismatch:
    path = parse(name)
    expected = f"it in the {schema} schema"
    if path.element:
        expected = f'"{path.element}" among the canonical values of the type of {path.parent}'
    elif name.startswith("urn:"):
        expected = f"it in the schema {path.parent}"
    return Mismatch(name, _GET, "the flattened schemas do not have it", expected)
