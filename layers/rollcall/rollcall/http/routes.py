"""The routes as a table: path below the tenant's base URL, and a function per method.

They come in groups, one per Lambda function; the local server mounts all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from rollcall.http import endpoints
from rollcall.http.endpoints import Call
from rollcall.scim.discovery import MAX_PAYLOAD

Endpoint = Callable[[Call], Response]

USER_BODY = MAX_PAYLOAD
GROUP_BODY = 5 * MAX_PAYLOAD
"""The bytes of a body; Lambda takes six million."""


@dataclass(frozen=True)
class Resource:
    """One path and what its methods do; no methods at all means that each does the same."""

    path: str
    methods: Mapping[str, Endpoint]
    max_body: int = USER_BODY

    @property
    def searches(self) -> bool:
        """Tell whether a POST reads (RFC 7644 section 3.4.3)."""
        return self.path.endswith("/.search")


ANY = "*"

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

USERS = (
    Resource("/Users", {"GET": endpoints.search_users, "POST": endpoints.create_user}),
    Resource("/Users/.search", {"POST": endpoints.post_search_users}),
    Resource(
        "/Users/{id}",
        {
            "GET": endpoints.read_user,
            "PUT": endpoints.replace_user,
            "PATCH": endpoints.patch_user,
            "DELETE": endpoints.delete_user,
        },
    ),
)

GROUPS = (
    Resource(
        "/Groups", {"GET": endpoints.search_groups, "POST": endpoints.create_group}, GROUP_BODY
    ),
    Resource("/Groups/.search", {"POST": endpoints.post_search_groups}),
    Resource(
        "/Groups/{id}",
        {
            "GET": endpoints.read_group,
            "PUT": endpoints.replace_group,
            "PATCH": endpoints.patch_group,
            "DELETE": endpoints.delete_group,
        },
        GROUP_BODY,
    ),
)

BULK = (
    Resource("/Bulk", {"POST": endpoints.bulk}),
    Resource("/.search", {"POST": endpoints.post_search}),
    Resource("", {"GET": endpoints.search}),
)

DISCOVERY = (
    Resource("/ServiceProviderConfig", {"GET": endpoints.service_provider_config}),
    Resource("/ResourceTypes", {"GET": endpoints.resource_types}),
    Resource("/ResourceTypes/{id}", {"GET": endpoints.resource_types}),
    Resource("/Schemas", {"GET": endpoints.schemas}),
    Resource("/Schemas/{id}", {"GET": endpoints.schemas}),
    Resource("/Me", {ANY: endpoints.me}),
    Resource("/{path:path}", {ANY: endpoints.nowhere}),
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
