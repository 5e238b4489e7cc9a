"""What the service provider says of itself is true (RFC 7643 sections 5 to 7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from scim2_models import (
    Context,
    ResourceType,
    Schema,
    ServiceProviderConfig,
)

from rollcall.scim import body, discovery
from rollcall.scim.attributes import Attribute, designate
from rollcall.scim.resource_type import Kind

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ROLLCALL = "urn:ietf:params:scim:schemas:extension:rollcall:2.0:User"
ROLLCALL_GROUP = "urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group"
URL = "https://example.com/scim/acme/v2"

KINDS = {
    CORE: Kind.USER,
    GROUP: Kind.GROUP,
    ENTERPRISE: Kind.USER,
    ROLLCALL: Kind.USER,
    ROLLCALL_GROUP: Kind.GROUP,
}


def schema(urn: str) -> dict[str, Any]:
    return next(each for each in discovery.schemas(URL) if each["id"] == urn)


def advertised() -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """Yield every attribute and sub-attribute of every schema, by its path."""
    for each in discovery.schemas(URL):
        for attribute in each["attributes"]:
            path = f"{each['id']}:{attribute['name']}"
            yield path, attribute, None
            for sub in attribute.get("subAttributes", []):
                yield f"{path}.{sub['name']}", attribute, sub


ADVERTISED = list(advertised())


def test_users_groups_and_the_extensions_have_schemas() -> None:
    assert [each["id"] for each in discovery.schemas(URL)] == [
        CORE, GROUP, ENTERPRISE, ROLLCALL, ROLLCALL_GROUP,
    ]  # fmt: skip


def test_a_schema_knows_its_url() -> None:
    for each in discovery.schemas(URL):
        assert each["meta"] == {
            "resourceType": "Schema",
            "location": f"{URL}/Schemas/{each['id']}",
        }


def test_the_resource_types_are_users_with_their_extensions_and_groups() -> None:
    users, groups = discovery.resource_types(URL)
    assert users == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "description": "A person's account",
        "endpoint": "/Users",
        "schema": CORE,
        "schemaExtensions": [
            {"schema": ENTERPRISE, "required": False},
            {"schema": ROLLCALL, "required": False},
        ],
        "meta": {"resourceType": "ResourceType", "location": f"{URL}/ResourceTypes/User"},
    }
    assert (groups["id"], groups["endpoint"], groups["schemaExtensions"]) == (
        "Group",
        "/Groups",
        [{"schema": ROLLCALL_GROUP, "required": False}],
    )


@pytest.mark.parametrize("feature", ["patch", "filter", "etag", "bulk", "sort"])
def test_the_configuration_says_what_is_supported(feature: str) -> None:
    assert discovery.service_provider_config(URL)[feature]["supported"] is True


def test_the_configuration_says_that_passwords_are_not_changed() -> None:
    assert discovery.service_provider_config(URL)["changePassword"] == {"supported": False}


def test_the_configuration_says_how_to_authenticate_and_to_page() -> None:
    config = discovery.service_provider_config(URL)
    assert config["filter"]["maxResults"] == config["pagination"]["maxPageSize"] == 200
    assert [each["type"] for each in config["authenticationSchemes"]] == [
        "oauthbearertoken",
        "oauth2",
    ]
    assert config["meta"]["location"] == f"{URL}/ServiceProviderConfig"


@pytest.mark.parametrize(
    ("model", "documents"),
    [
        (Schema, discovery.schemas(URL)),
        (ResourceType, discovery.resource_types(URL)),
        (ServiceProviderConfig, [discovery.service_provider_config(URL)]),
    ],
)
def test_the_documents_are_those_of_the_specification(
    model: Any, documents: list[dict[str, Any]]
) -> None:
    for each in documents:
        read = model.model_validate(
            {key: value for key, value in each.items() if key != "pagination"},
            scim_ctx=Context.RESOURCE_QUERY_RESPONSE,
        )
        assert read.meta.location == each["meta"]["location"]


def test_nothing_that_is_advertised_is_null() -> None:
    documents = [
        *discovery.schemas(URL),
        *discovery.resource_types(URL),
        discovery.service_provider_config(URL),
    ]
    assert "null" not in json.dumps(documents)


def test_descriptions_are_one_line() -> None:
    for path, attribute, sub in ADVERTISED:
        assert (sub or attribute)["description"] == " ".join(
            (sub or attribute)["description"].split()
        ), path


def test_a_document_does_not_remember_the_host_that_was_asked() -> None:
    assert schema(CORE)["meta"]["location"].startswith(URL)
    (other, *_) = discovery.schemas("https://other.example")
    assert other["meta"]["location"] == f"https://other.example/Schemas/{CORE}"
    assert schema(CORE)["meta"]["location"].startswith(URL)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("emails", {"work", "home", "other"}),
        ("phoneNumbers", {"work", "home", "mobile", "fax", "other"}),
        ("addresses", {"work", "home", "other"}),
    ],
)
def test_the_types_that_entra_maps_are_canonical(path: str, values: set[str]) -> None:
    attribute = next(each for each in schema(CORE)["attributes"] if each["name"] == path)
    label = next(each for each in attribute["subAttributes"] if each["name"] == "type")
    assert values <= set(label["canonicalValues"])


@pytest.mark.parametrize("hidden", ["password", "id", "meta", "schemas"])
def test_common_attributes_that_no_client_writes_and_the_password_are_not_advertised(
    hidden: str,
) -> None:
    assert hidden not in {path.rpartition(":")[2] for path, _, _ in ADVERTISED}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{CORE}:userName", {"required": True, "uniqueness": "server", "caseExact": False}),
        (f"{GROUP}:displayName", {"required": True, "uniqueness": "server", "caseExact": False}),
        (f"{CORE}:groups", {"mutability": "readOnly", "multiValued": True}),
        (f"{CORE}:externalId", {"type": "string", "caseExact": True, "required": False}),
        (f"{GROUP}:externalId", {"type": "string", "caseExact": True, "mutability": "readWrite"}),
        (f"{CORE}:active", {"type": "boolean", "mutability": "readWrite"}),
        (f"{GROUP}:members", {"type": "complex", "mutability": "readWrite", "multiValued": True}),
        (f"{GROUP}:members.value", {"mutability": "immutable", "caseExact": True}),
        (f"{ENTERPRISE}:manager", {"type": "complex", "multiValued": False}),
        (f"{ENTERPRISE}:manager.value", {"caseExact": True, "required": False}),
    ],
)
def test_the_characteristics_are_those_that_hold(path: str, expected: dict[str, Any]) -> None:
    found = next(sub or attribute for each, attribute, sub in ADVERTISED if each == path)
    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    ("path", "attribute", "sub"), ADVERTISED, ids=[path for path, _, _ in ADVERTISED]
)
def test_what_is_advertised_is_what_a_path_designates(
    path: str, attribute: dict[str, Any], sub: dict[str, Any] | None
) -> None:
    found = designate(KINDS[path.rpartition(":")[0]], path)
    assert isinstance(found, Attribute)
    said = sub or attribute
    assert found.read_only == (said["mutability"] == "readOnly")
    assert found.immutable == (said["mutability"] == "immutable")
    assert found.case_exact == said["caseExact"]
    assert found.complex == (said["type"] == "complex")
    assert found.multi_valued == (sub is None and attribute["multiValued"])


SAMPLES = {"string": "Some Text", "reference": "a link", "boolean": False, "binary": "QUFB"}

WRITABLE = [
    (path, attribute, sub)
    for path, attribute, sub in ADVERTISED
    if attribute["type"] != "complex" or sub
    if attribute["name"] not in {"groups", "members", "manager"}
    if not path.startswith((ROLLCALL, ROLLCALL_GROUP))
]


@pytest.mark.parametrize(
    ("path", "attribute", "sub"), WRITABLE, ids=[path for path, _, _ in WRITABLE]
)
def test_what_is_advertised_round_trips(
    path: str, attribute: dict[str, Any], sub: dict[str, Any] | None
) -> None:
    value: Any = SAMPLES[(sub or attribute)["type"]]
    if sub is not None:
        beside = {"formatted" if attribute["name"] == "addresses" else "value": "QUFB"}
        value = {**(beside if attribute["multiValued"] else {}), sub["name"]: value}
        value = [value] if attribute["multiValued"] else value
    urn = path.rpartition(":")[0]
    kind = KINDS[urn]
    core = CORE if kind is Kind.USER else GROUP
    sent: dict[str, Any] = {
        "schemas": [core],
        "userName" if kind is Kind.USER else "displayName": "x",
    }
    if urn == ENTERPRISE:
        sent = {**sent, "schemas": [CORE, ENTERPRISE], ENTERPRISE: {attribute["name"]: value}}
    else:
        sent[attribute["name"]] = value
    assert body.read(kind, sent, Context.RESOURCE_CREATION_REQUEST).document == sent
