"""The resource types and the URNs of their schemas (RFC 7643 section 6).

Their models are in `resource_models`, whose import takes long: modules that only name a type do not
need it.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The resource types, by their name."""

    USER = "User"
    GROUP = "Group"

    @property
    def endpoint(self) -> str:
        """The path of the resource type below the tenant's base URL."""
        return f"/{self.value}s"

    @property
    def schema(self) -> str:
        """The URN of the core schema."""
        return f"urn:ietf:params:scim:schemas:core:2.0:{self.value}"


ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ROLLCALL = "urn:ietf:params:scim:schemas:extension:rollcall:2.0:User"
ROLLCALL_GROUP = "urn:ietf:params:scim:schemas:extension:rollcall:2.0:Group"

EXTENSIONS: dict[Kind, frozenset[str]] = {
    Kind.USER: frozenset({ENTERPRISE, ROLLCALL}),
    Kind.GROUP: frozenset({ROLLCALL_GROUP}),
}
"""The URNs of the extensions of each type; `bind` replaces them."""
