"""The tenants that only a release uses: they are no customers."""

from __future__ import annotations

_PREFIX = "rollcall-release-"


def release_tenant(function: str) -> str:
    """Return the name of the tenant in which a function is tried out; each has its own."""
    return f"{_PREFIX}{function}"


def is_release_tenant(name: str) -> bool:
    """Tell whether a tenant is none of a customer's."""
    return name.startswith(_PREFIX)
