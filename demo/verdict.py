"""The verdict on an answer, as strict as that of Entra (clients.md section 5)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from demo.mappings import CORE_GROUP, CORE_USER, Document

MEDIA_TYPE = "application/scim+json"
LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Outcome(StrEnum):
    """The outcome for the object, or for the whole job."""

    FINE = "fine"
    ESCROW = "in escrow"
    RETRY = "retried next cycle"
    ANCHOR = "invalid anchor"
    DUPLICATE = "duplicate target entries"
    INCOMPATIBLE = "service incompatible"
    QUARANTINE = "quarantine"


class Kind(StrEnum):
    """The kind of request, which decides what a good answer is."""

    LIST = "list"
    READ = "read"
    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"
    DOCUMENT = "document"


GOOD = {
    Kind.LIST: {200},
    Kind.READ: {200},
    Kind.CREATE: {201},
    Kind.PATCH: {200, 204},
    Kind.DELETE: {204, 404},
    Kind.DOCUMENT: {200},
}
SCHEMA = {"User": CORE_USER, "Group": CORE_GROUP}


@dataclass(frozen=True)
class Expectation:
    """The request: its kind, the type of resource, and what the answer may and may not contain."""

    kind: Kind
    resource_type: str = ""
    resource_id: str = ""
    without_members: bool = False
    id_only: bool = False


@dataclass(frozen=True)
class Verdict:
    """The outcome, the problems of the answer as text, and the resources in it."""

    outcome: Outcome
    flaws: tuple[str, ...] = ()
    resources: tuple[Document, ...] = ()
    body: Document | None = None


def judge(asked: Expectation, response: httpx.Response) -> Verdict:
    """Judge one answer."""
    status = response.status_code
    body, flaws = _body(response)
    if status not in GOOD[asked.kind]:
        return Verdict(_refusal(asked, status), (*flaws, *_error_flaws(status, body)), (), body)
    if status == 404:
        return Verdict(Outcome.FINE, (*flaws, *_error_flaws(status, body)), (), body)
    resources: tuple[Document, ...] = ()
    if status != 204:
        if not flaws and asked.kind is Kind.LIST:
            resources, flaws = _list(asked, body or {})
        elif not flaws and asked.kind is not Kind.DOCUMENT:
            resources, flaws = (body or {},), _resource_flaws(asked, body or {})
        if asked.kind is Kind.CREATE:
            flaws += _location_flaws(response, body or {})
    if flaws:
        return Verdict(Outcome.INCOMPATIBLE, tuple(flaws), (), body)
    return Verdict(Outcome.FINE, (), resources, body)


def _refusal(asked: Expectation, status: int) -> Outcome:
    if status in (401, 403) or (status == 404 and asked.kind in (Kind.LIST, Kind.DOCUMENT)):
        return Outcome.QUARANTINE
    if status == 404 and asked.resource_id:
        return Outcome.ANCHOR
    if status >= 500 or status == 429:
        return Outcome.RETRY
    return Outcome.ESCROW if status >= 400 else Outcome.INCOMPATIBLE


def _body(response: httpx.Response) -> tuple[Document | None, list[str]]:
    if response.status_code == 204:
        return None, ["204 with a body"] if response.content else []
    flaws = []
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != MEDIA_TYPE:
        flaws.append(f"content type {media_type or 'missing'}")
    try:
        body = response.json()
    except ValueError:
        return None, [*flaws, "the body is not JSON"]
    if not isinstance(body, dict):
        return None, [*flaws, "the body is not a JSON object"]
    if _has_null(body):
        flaws.append("null in the answer")
    return body, flaws


def _error_flaws(status: int, body: Document | None) -> list[str]:
    if body is None:
        return []
    flaws = []
    if body.get("schemas") != [ERROR]:
        flaws.append("the error is no SCIM error")
    if body.get("status") != str(status):
        flaws.append(f"the error says status {body.get('status')!r}")
    if not isinstance(body.get("detail"), str):
        flaws.append("the error has no detail")
    if status == 409 and body.get("scimType") != "uniqueness":
        flaws.append("409 without scimType uniqueness")
    return flaws


def _list(asked: Expectation, body: Document) -> tuple[tuple[Document, ...], list[str]]:
    flaws = []
    if body.get("schemas") != [LIST_RESPONSE]:
        flaws.append("the list has not the schema of a list")
    total, found = body.get("totalResults"), body.get("Resources")
    for name in ("totalResults", "startIndex", "itemsPerPage"):
        number = body.get(name, 0 if name != "totalResults" else None)
        if not isinstance(number, int) or isinstance(number, bool):
            flaws.append(f"{name} is no integer")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return (), [*flaws, "Resources is no list of objects"]
    if isinstance(total, int) and total < len(found):
        flaws.append(f"{len(found)} resources, totalResults {total}")
    for resource in found:
        flaws += _resource_flaws(asked, resource)
    return tuple(found), list(dict.fromkeys(flaws))


def _resource_flaws(asked: Expectation, resource: Document) -> list[str]:
    flaws = []
    resource_id = resource.get("id")
    if not asked.resource_type:
        return []
    if not isinstance(resource_id, str) or not resource_id:
        flaws.append("a resource without id")
    elif asked.resource_id and resource_id != asked.resource_id:
        flaws.append("another id than was asked for")
    if asked.without_members and "members" in resource:
        flaws.append("members in spite of excludedAttributes")
    if asked.id_only:
        return flaws
    if SCHEMA[asked.resource_type] not in (resource.get("schemas") or ()):
        flaws.append(f"schemas without {SCHEMA[asked.resource_type]}")
    meta = resource.get("meta") or {}
    if meta.get("resourceType") != asked.resource_type:
        flaws.append(f"meta.resourceType is not {asked.resource_type}")
    if not str(meta.get("location", "")).endswith(f"/{asked.resource_type}s/{resource_id}"):
        flaws.append("meta.location does not end in the id")
    if "active" in resource and not isinstance(resource["active"], bool):
        flaws.append("active is no boolean")
    return flaws


def _location_flaws(response: httpx.Response, body: Document) -> list[str]:
    location = response.headers.get("location", "")
    if not location:
        return ["201 without Location"]
    return [] if location.endswith(f"/{body.get('id')}") else ["Location does not end in the id"]


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_null, value.values()))
    if isinstance(value, list):
        return any(map(_has_null, value))
    return value is None
