"""The routes as a table: path below the tenant's base URL, and what each method does.

They come in groups, one per Lambda function; the local server mounts all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from rollcall.http import endpoints
from rollcall.http.endpoints import Call
from rollcall.scim.discovery import MAX_PAYLOAD
from rollcall.scim.resource_type import Kind

Endpoint = Callable[[Call], Response]

USER_BODY = MAX_PAYLOAD
GROUP_BODY = 5 * MAX_PAYLOAD
"""The bytes of a body; Lambda takes six million."""

ANY = "*"
"""Every method that a path does not name."""


@dataclass(frozen=True)
class RouteMethod:
    """What a method of a path does.

    A success has `status`, or `status_with_attributes`, unless that is 0, where the request names
    attributes. `writes` tells whether POST, PUT, PATCH and DELETE can change resources.
    """

    endpoint: Endpoint
    status: int = 200
    status_with_attributes: int = 0
    writes: bool = False


@dataclass(frozen=True)
class Resource:
    """One path, what its methods do, and the types of resources that it is about."""

    path: str
    methods: Mapping[str, RouteMethod]
    kinds: tuple[Kind, ...] = ()
    max_body: int = USER_BODY

    def operation(self, method: str) -> RouteMethod | None:
        """Return what a method does, None where the path does not take it."""
        return self.methods.get(method) or self.methods.get(ANY)


_SEARCH = RouteMethod(endpoints.search)
_POST_SEARCH = RouteMethod(endpoints.post_search)
_CREATE = RouteMethod(endpoints.create, 201, writes=True)
_DELETE = RouteMethod(endpoints.delete, 204, writes=True)

USERS = (
    Resource("/Users", {"GET": _SEARCH, "POST": _CREATE}, (Kind.USER,)),
    Resource("/Users/.search", {"POST": _POST_SEARCH}, (Kind.USER,)),
    Resource(
        "/Users/{id}",
        {
            "GET": RouteMethod(endpoints.read_user),
            "PUT": RouteMethod(endpoints.replace_user, writes=True),
            "PATCH": RouteMethod(endpoints.patch_user, writes=True),
            "DELETE": _DELETE,
        },
        (Kind.USER,),
    ),
)

GROUPS = (
    Resource("/Groups", {"GET": _SEARCH, "POST": _CREATE}, (Kind.GROUP,), GROUP_BODY),
    Resource("/Groups/.search", {"POST": _POST_SEARCH}, (Kind.GROUP,)),
    Resource(
        "/Groups/{id}",
        {
            "GET": RouteMethod(endpoints.read_group),
            "PUT": RouteMethod(endpoints.replace_group, writes=True),
            "PATCH": RouteMethod(endpoints.patch_group, 204, 200, writes=True),
            "DELETE": _DELETE,
        },
        (Kind.GROUP,),
        GROUP_BODY,
    ),
)

BULK = (
    Resource("/Bulk", {"POST": RouteMethod(endpoints.bulk, writes=True)}),
    Resource("/.search", {"POST": _POST_SEARCH}, tuple(Kind)),
    Resource("", {"GET": _SEARCH}, tuple(Kind)),
)

DISCOVERY = (
    Resource("/ServiceProviderConfig", {"GET": RouteMethod(endpoints.service_provider_config)}),
    Resource("/ResourceTypes", {"GET": RouteMethod(endpoints.resource_types)}),
    Resource("/ResourceTypes/{id}", {"GET": RouteMethod(endpoints.resource_types)}),
    Resource("/Schemas", {"GET": RouteMethod(endpoints.schemas)}),
    Resource("/Schemas/{id}", {"GET": RouteMethod(endpoints.schemas)}),
    Resource("/Me", {ANY: RouteMethod(endpoints.me, writes=True)}),
    Resource("/{path:path}", {ANY: RouteMethod(endpoints.not_found, writes=True)}),
)

EVERYTHING = (*USERS, *GROUPS, *BULK, *DISCOVERY)

FUNCTIONS: Mapping[str, tuple[Resource, ...]] = {
    "users": USERS,
    "groups": GROUPS,
    "bulk": BULK,
    "discovery": EVERYTHING,
}
"""What each Lambda function serves. Discovery gets every path that the gateway does not match, a
doubled slash included, and so serves all of them."""
