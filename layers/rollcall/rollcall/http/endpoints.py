"""What each method of each endpoint does: one function each, from a request to an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from rollcall.directory.context import Answer
from rollcall.directory.directory import Directory
from rollcall.directory.precondition import Precondition
from rollcall.directory.search import LIST_RESPONSE
from rollcall.http import requests
from rollcall.http.responses import ScimResponse
from rollcall.scim import discovery
from rollcall.scim.errors import ForbiddenException, NotFoundException, NotImplementedException
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind


@dataclass
class Call:
    """One request of one tenant, read. `ignored` collects what of it had no effect, for the log."""

    directory: Directory
    base_url: str
    identifier: str = ""
    payload: Any = None
    parameters: QueryParams = field(default_factory=QueryParams)
    projection: Projection = field(default_factory=Projection)
    precondition: Precondition = field(default_factory=Precondition)
    ignored: list[str] = field(default_factory=list)

    @property
    def wants_members(self) -> bool:
        """Tell whether a group's members are to be in the answer."""
        return self.projection.returns(Kind.GROUP, "members")


def create_user(call: Call) -> Response:
    """POST /Users (RFC 7644 section 3.3)."""
    return _created(call, call.directory.users.create(call.payload))


def read_user(call: Call) -> Response:
    """GET /Users/{id} (section 3.4.1)."""
    return _read(call, call.directory.users.read(call.identifier))


def replace_user(call: Call) -> Response:
    """PUT /Users/{id} (section 3.5.1)."""
    users = call.directory.users
    return _shown(call, users.replace(call.identifier, call.payload, call.precondition))


def patch_user(call: Call) -> Response:
    """PATCH /Users/{id} (section 3.5.2)."""
    users = call.directory.users
    return _shown(call, users.patch(call.identifier, call.payload, call.precondition))


def delete_user(call: Call) -> Response:
    """DELETE /Users/{id} (section 3.6)."""
    call.directory.users.delete(call.identifier, call.precondition)
    return ScimResponse(None, 204)


def search_users(call: Call) -> Response:
    """GET /Users (section 3.4.2)."""
    return ScimResponse(call.directory.search.run([Kind.USER], requests.query(call.parameters)))


def post_search_users(call: Call) -> Response:
    """POST /Users/.search (section 3.4.3)."""
    return ScimResponse(call.directory.search.run([Kind.USER], requests.search(call.payload)))


def post_search_groups(call: Call) -> Response:
    """POST /Groups/.search (section 3.4.3)."""
    return ScimResponse(call.directory.search.run([Kind.GROUP], requests.search(call.payload)))


def post_search(call: Call) -> Response:
    """POST /.search, over all types (section 3.4.3)."""
    return ScimResponse(call.directory.search.run(list(Kind), requests.search(call.payload)))


def search(call: Call) -> Response:
    """GET on the base URL, over all types (section 3.4.2.1)."""
    return ScimResponse(call.directory.search.run(list(Kind), requests.query(call.parameters)))


def bulk(call: Call) -> Response:
    """POST /Bulk (section 3.7)."""
    return ScimResponse(call.directory.bulk.run(call.payload))


def create_group(call: Call) -> Response:
    """POST /Groups (section 3.3)."""
    return _created(call, call.directory.groups.create(call.payload))


def read_group(call: Call) -> Response:
    """GET /Groups/{id} (section 3.4.1); members that are left out are not read."""
    groups = call.directory.groups
    return _read(call, groups.read(call.identifier, members=call.wants_members))


def replace_group(call: Call) -> Response:
    """PUT /Groups/{id} (section 3.5.1)."""
    answer = call.directory.groups.replace(
        call.identifier, call.payload, call.precondition, members=call.wants_members
    )
    return _shown(call, answer)


def patch_group(call: Call) -> Response:
    """PATCH /Groups/{id} (section 3.5.2): 204 unless the client asks for attributes."""
    groups = call.directory.groups
    left = groups.patch(call.identifier, call.payload, call.precondition)
    if not call.projection:
        call.ignored += left.ignored
        return ScimResponse(None, 204)
    return _shown(call, groups.read_written(left, members=call.wants_members))


def delete_group(call: Call) -> Response:
    """DELETE /Groups/{id} (section 3.6)."""
    call.directory.groups.delete(call.identifier, call.precondition)
    return ScimResponse(None, 204)


def search_groups(call: Call) -> Response:
    """GET /Groups (section 3.4.2)."""
    return ScimResponse(call.directory.search.run([Kind.GROUP], requests.query(call.parameters)))


def service_provider_config(call: Call) -> Response:
    """GET /ServiceProviderConfig (section 4)."""
    _refuse_filter(call)
    return ScimResponse(discovery.service_provider_config(call.base_url))


def resource_types(call: Call) -> Response:
    """GET /ResourceTypes and /ResourceTypes/{id} (section 4)."""
    _refuse_filter(call)
    return _discovered(
        call, discovery.resource_types(call.base_url, call.directory.unused_extensions())
    )


def schemas(call: Call) -> Response:
    """GET /Schemas and /Schemas/{id} (section 4)."""
    _refuse_filter(call)
    return _discovered(call, discovery.schemas(call.base_url, call.directory.unused_extensions()))


def me(call: Call) -> Response:
    """Any method on /Me: the token is a service's, not a person's (section 3.11)."""
    raise NotImplementedException(detail="there is no /Me: a tenant's token belongs to nobody")


def nowhere(call: Call) -> Response:
    """Any method on any other path."""
    raise NotFoundException(detail="there is no such endpoint")


def _created(call: Call, answer: Answer) -> Response:
    response = _shown(call, answer)
    response.status_code = 201
    return response


def _read(call: Call, answer: Answer) -> Response:
    call.precondition.check_match(answer.record)
    if call.precondition.is_current(answer.record):
        return ScimResponse(None, 304, headers={"ETag": answer.record.etag})
    return _shown(call, answer)


def _shown(call: Call, answer: Answer) -> Response:
    call.ignored += answer.ignored
    resource = call.projection.apply(answer.record.kind, answer.resource, call.payload)
    located = answer.record.location(call.base_url)
    return ScimResponse(resource, headers={"ETag": answer.record.etag, "Location": located})


def _refuse_filter(call: Call) -> None:
    """Discovery endpoints take no filter and ignore all else that is asked (RFC 7644 section 4)."""
    if "filter" in call.parameters:
        raise ForbiddenException(detail="discovery endpoints take no filter")


def _discovered(call: Call, documents: list[dict[str, Any]]) -> Response:
    if not call.identifier:
        return ScimResponse(
            {
                "schemas": [LIST_RESPONSE],
                "totalResults": len(documents),
                "startIndex": 1,
                "itemsPerPage": len(documents),
                "Resources": documents,
            }
        )
    for document in documents:
        if document["id"].lower() == call.identifier.lower():
            return ScimResponse(document)
    raise NotFoundException(detail=f"there is no {call.identifier} here")
