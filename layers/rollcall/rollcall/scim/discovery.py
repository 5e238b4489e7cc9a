"""The discovery documents (RFC 7643 sections 5 to 7, RFC 7644 section 4)."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from rollcall.scim.cursor import TIMEOUT
from rollcall.scim.resource_models import MODELS, Group, User
from rollcall.scim.resource_type import Kind

MAX_RESULTS = 200
"""How many resources one answer holds at most."""

MAX_OPERATIONS = 1000
MAX_PAYLOAD = 1_048_576
"""The operations and the bytes of a bulk request."""

_CORE = "urn:ietf:params:scim:schemas:core:2.0"

_EXTERNAL_ID = {
    "name": "externalId",
    "type": "string",
    "multiValued": False,
    "description": "The identifier that the identity provider gave to the resource.",
    "required": False,
    "caseExact": True,
    "mutability": "readWrite",
    "returned": "default",
    "uniqueness": "none",
}
"""The common attribute that clients write; RFC 7643 section 3.1 lets a schema list it, and
Microsoft's gallery check reports what it does not find."""

_DESCRIPTIONS = {Kind.USER: "A person's account", Kind.GROUP: "A group of users and of groups"}


def service_provider_config(base_url: str) -> dict[str, Any]:
    """Return the ServiceProviderConfig (RFC 7643 section 5, RFC 9865 section 4)."""
    return {
        "schemas": [f"{_CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {
            "supported": True,
            "maxOperations": MAX_OPERATIONS,
            "maxPayloadSize": MAX_PAYLOAD,
        },
        "filter": {"supported": True, "maxResults": MAX_RESULTS},
        "changePassword": {"supported": False},
        "sort": {"supported": True},
        "etag": {"supported": True},
        "pagination": {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": MAX_RESULTS // 2,
            "maxPageSize": MAX_RESULTS,
            "cursorTimeout": TIMEOUT,
        },
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "The tenant's Secret Token in the Authorization header",
                "specUri": "https://www.rfc-editor.org/info/rfc6750",
                "primary": True,
            },
            {
                "type": "oauth2",
                "name": "OAuth 2.0 Client Credentials",
                "description": "An access token from the tenant's token endpoint, for a client "
                "secret or the assertion of a workload identity",
                "specUri": "https://www.rfc-editor.org/info/rfc6749",
                "primary": False,
            },
        ],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": f"{base_url}/ServiceProviderConfig",
        },
    }


def resource_types(base_url: str, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the resource types (RFC 7643 section 6), without some extensions."""
    return [
        {
            "schemas": [f"{_CORE}:ResourceType"],
            "id": kind.value,
            "name": kind.value,
            "description": _DESCRIPTIONS[kind],
            "endpoint": kind.endpoint,
            "schema": str(model.__schema__),
            "schemaExtensions": [
                {"schema": urn, "required": False}
                for urn in model.get_extension_models()
                if urn not in without
            ],
            "meta": {
                "resourceType": "ResourceType",
                "location": f"{base_url}/ResourceTypes/{kind.value}",
            },
        }
        for kind, model in MODELS.items()
    ]


def schemas(base_url: str, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the schemas of all resource types and of extensions, without some (section 7)."""
    return [
        {
            **schema,
            "meta": {"resourceType": "Schema", "location": f"{base_url}/Schemas/{schema['id']}"},
        }
        for schema in schema_documents()
        if schema["id"] not in without
    ]


@cache
def schema_documents() -> tuple[dict[str, Any], ...]:
    """Return the schemas without their URLs."""
    models: list[Any] = [User, Group]
    for model in MODELS.values():
        models.extend(model.get_extension_models().values())
    documents = [_flowing(each.to_schema().model_dump()) for each in models]
    for document in documents[: len(Kind)]:
        document["attributes"].append(_EXTERNAL_ID)
    return tuple(documents)


def _flowing(value: Any) -> Any:
    """Join the lines of descriptions, which are wrapped in the source."""
    if isinstance(value, dict):
        return {
            key: " ".join(item.split()) if key == "description" else _flowing(item)
            for key, item in value.items()
        }
    return [_flowing(item) for item in value] if isinstance(value, list) else value
