"""The functions behind the methods of the endpoints: each turns a call into a response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from rollcall.directory.context import Answer
from rollcall.directory.directory import Directory
from rollcall.directory.groups import Groups
from rollcall.directory.precondition import Precondition
from rollcall.directory.search import LIST_RESPONSE
from rollcall.directory.users import Users
from rollcall.http import requests
from rollcall.http.responses import ScimResponse
from rollcall.scim import discovery
from rollcall.scim.errors import ForbiddenException, NotFoundException, NotImplementedException
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind


@dataclass
class Call:
    """One request of one tenant.

    `kinds` are the resource types of its path, `status` is the status of success, `ignored`
    collects the names that have no effect, for the log, and `reserve` counts the further operations
    of a bulk request for the rate of the tenant.
    """

    directory: Directory
    kinds: Sequence[Kind] = ()
    status: int = 200
    identifier: str = ""
    payload: Any = None
    parameters: QueryParams = field(default_factory=QueryParams)
    projection: Projection = field(default_factory=Projection)
    precondition: Precondition = field(default_factory=Precondition)
    ignored: list[str] = field(default_factory=list)
    reserve: Callable[[int], None] = lambda _: None

    @property
    def base_url(self) -> str:
        """The base URL of the tenant."""
        return self.directory.context.base_url

    @property
    def resources(self) -> Users | Groups:
        """The resources of the type that the path is about."""
        return self.directory.users if Kind.USER in self.kinds else self.directory.groups

    @property
    def wants_members(self) -> bool:
        """Whether the answer shows a group's members."""
        return self.projection.returns(Kind.GROUP, "members")


def search(call: Call) -> Response:
    """GET /Users, /Groups, or / for all types (RFC 7644 section 3.4.2)."""
    return ScimResponse(call.directory.search.run(call.kinds, requests.query(call.parameters)))


def post_search(call: Call) -> Response:
    """POST /Users/.search, /Groups/.search, or /.search for all types (section 3.4.3)."""
    return ScimResponse(call.directory.search.run(call.kinds, requests.search(call.payload)))


def create(call: Call) -> Response:
    """POST /Users and /Groups (section 3.3)."""
    return _resource(call, call.resources.create(call.payload))


def delete(call: Call) -> Response:
    """DELETE /Users/{id} and /Groups/{id} (section 3.6)."""
    call.resources.delete(call.identifier, call.precondition)
    return ScimResponse(None, call.status)


def read_user(call: Call) -> Response:
    """GET /Users/{id} (section 3.4.1)."""
    return _conditional(call, call.directory.users.read(call.identifier))


def replace_user(call: Call) -> Response:
    """PUT /Users/{id} (section 3.5.1)."""
    users = call.directory.users
    return _resource(call, users.replace(call.identifier, call.payload, call.precondition))


def patch_user(call: Call) -> Response:
    """PATCH /Users/{id} (section 3.5.2)."""
    users = call.directory.users
    return _resource(call, users.patch(call.identifier, call.payload, call.precondition))


def bulk(call: Call) -> Response:
    """POST /Bulk (section 3.7): each operation counts as a request does."""
    return ScimResponse(call.directory.bulk.run(call.payload, reserve=call.reserve))


def read_group(call: Call) -> Response:
    """GET /Groups/{id} (section 3.4.1); members that are not returned are not read."""
    groups = call.directory.groups
    return _conditional(call, groups.read(call.identifier, members=call.wants_members))


def replace_group(call: Call) -> Response:
    """PUT /Groups/{id} (section 3.5.1)."""
    answer = call.directory.groups.replace(
        call.identifier, call.payload, call.precondition, members=call.wants_members
    )
    return _resource(call, answer)


def patch_group(call: Call) -> Response:
    """PATCH /Groups/{id} (section 3.5.2): 204 unless the client asks for attributes."""
    groups = call.directory.groups
    written = groups.patch(call.identifier, call.payload, call.precondition)
    if not call.projection:
        call.ignored += written.ignored
        return ScimResponse(None, 204)
    return _resource(call, groups.read_written(written, members=call.wants_members))


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


def not_found(call: Call) -> Response:
    """Any method on any other path."""
    raise NotFoundException(detail="there is no such endpoint")


def _conditional(call: Call, answer: Answer) -> Response:
    call.precondition.check_match(answer.record)
    if call.precondition.is_current(answer.record):
        return ScimResponse(None, 304, headers={"ETag": answer.record.etag})
    return _resource(call, answer)


def _resource(call: Call, answer: Answer) -> Response:
    call.ignored += answer.ignored
    resource = call.projection.apply(answer.record.kind, answer.resource, call.payload)
    headers = {"ETag": answer.record.etag, "Location": answer.record.location(call.base_url)}
    return ScimResponse(resource, call.status, headers)


def _refuse_filter(call: Call) -> None:
    """Refuse a filter; discovery endpoints ignore all other parameters (RFC 7644 section 4)."""
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
