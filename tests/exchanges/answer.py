"""What every answer owes every client, whatever it asked (RFC 7644 sections 3.1, 3.4, 3.12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
TYPES = {USER: "User", GROUP: "Group"}


def faults(answer: httpx.Response, url: str, *, projected: bool) -> Iterator[str]:
    """Say what is wrong with an answer of the tenant at the URL.

    A projected answer was asked for other attributes than a resource has by default.
    """
    if answer.status_code in {204, 304}:
        if answer.content:
            yield f"a {answer.status_code} has a body"
        return
    media_type = answer.headers.get("Content-Type", "").split(";")[0]
    if media_type != "application/scim+json":
        yield f"Content-Type is {media_type!r}"
    try:
        body = answer.json()
    except ValueError:
        yield "the body is not JSON"
        return
    if not isinstance(body, dict):
        yield "the body is not an object"
        return
    if nulls := list(_nulls(body, "body")):
        yield f"null is not omitted: {', '.join(nulls)}"
    if answer.status_code >= 400:
        yield from _error_faults(answer, body)
    elif body.get("schemas") == [LIST]:
        yield from _list_faults(body, url, projected=projected)
    else:
        yield from _resource_faults(body, url, projected=projected)
        yield from _header_faults(answer, body, projected=projected)


def _nulls(value: Any, at: str) -> Iterator[str]:
    if value is None:
        yield at
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _nulls(inner, f"{at}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from _nulls(inner, f"{at}[]")


def _error_faults(answer: httpx.Response, body: dict[str, Any]) -> Iterator[str]:
    if body.get("schemas") != [ERROR]:
        yield f"schemas of the error is {body.get('schemas')!r}"
    if body.get("status") != str(answer.status_code):
        yield f"status of the error is {body.get('status')!r}"
    if not isinstance(body.get("detail"), str) or not body["detail"]:
        yield f"detail of the error is {body.get('detail')!r}"
    if answer.status_code == 401 and not answer.headers.get("WWW-Authenticate", "").startswith(
        "Bearer"
    ):
        yield "a 401 has no WWW-Authenticate: Bearer"
    if answer.status_code == 405:
        allowed = [name.strip() for name in answer.headers.get("Allow", "").split(",")]
        if not any(allowed) or answer.request.method in allowed:
            yield f"Allow of the 405 is {allowed}"


def _list_faults(body: dict[str, Any], url: str, *, projected: bool) -> Iterator[str]:
    for name in ("totalResults", "startIndex", "itemsPerPage"):
        if type(body.get(name)) is not int:
            yield f"{name} is {body.get(name)!r}"
    resources = body.get("Resources")
    if not isinstance(resources, list):
        yield f"Resources is {resources!r}"
        return
    if len(resources) != body.get("itemsPerPage"):
        yield f"itemsPerPage is {body.get('itemsPerPage')!r}, of {len(resources)} Resources"
    for resource in resources:
        yield from _resource_faults(resource, url, projected=projected)


def _resource_faults(body: dict[str, Any], url: str, *, projected: bool) -> Iterator[str]:
    schemas = body.get("schemas")
    if not isinstance(schemas, list):
        yield f"schemas is {schemas!r}"
        return
    for key in body:
        if key.startswith("urn:") and key not in schemas:
            yield f"{key} is missing from schemas"
    kind = next((TYPES[schema] for schema in schemas if schema in TYPES), None)
    if not kind:
        return
    identity, meta = body.get("id"), body.get("meta")
    if not isinstance(identity, str) or not identity:
        yield f"id is {identity!r}"
    if projected and meta is None:
        return
    meta = meta or {}
    due = {"resourceType": kind, "location": f"{url}/{kind}s/{identity}"}
    for name, value in due.items():
        if (not projected or name in meta) and meta.get(name) != value:
            yield f"meta.{name} is {meta.get(name)!r}, not {value!r}"
    for name in ("created", "lastModified", "version"):
        if not projected and not isinstance(meta.get(name), str):
            yield f"meta.{name} is {meta.get(name)!r}"


def _header_faults(
    answer: httpx.Response, body: dict[str, Any], *, projected: bool
) -> Iterator[str]:
    """Compare the headers of an answer that is one user or group with its `meta`."""
    if not TYPES.keys() & set(body.get("schemas") or ()):
        return
    meta = body.get("meta") or {}
    etag, location = answer.headers.get("ETag"), answer.headers.get("Location")
    if not projected and not (etag or "").startswith('W/"'):
        yield f"ETag is {etag!r}"
    if "version" in meta and etag != meta["version"]:
        yield f"ETag is {etag!r}, meta.version is {meta['version']!r}"
    if not location:
        yield "there is no Location"
    if location and "location" in meta and location != meta["location"]:
        yield f"Location is {location!r}, meta.location is {meta['location']!r}"
