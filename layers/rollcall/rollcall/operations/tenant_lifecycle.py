"""Tenants: created, listed, shown, disabled and enabled; `tenant_deletion` deletes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rollcall.operations.operator import Operator
from rollcall.tenants.tenants import Tenant

__all__ = ["Tenant"]


@dataclass(frozen=True)
class NewTenant:
    """A new tenant; `token` is its first token in plain text, None when it has no token."""

    name: str
    url: str
    token: str | None = field(repr=False)


@dataclass(frozen=True)
class TenantOverview:
    """A tenant, its Tenant URL, and the numbers of its `users` and `groups`."""

    tenant: Tenant
    url: str
    counts: Mapping[str, int]


def create(operator: Operator, tenant: str, *, with_token: bool = True) -> NewTenant:
    """Create a tenant, by default with a token. Raises TenantError for a name that is taken."""
    tenants = operator.services.tenants
    token = None
    if with_token:
        token = tenants.create(tenant)
    else:
        tenants.add(tenant)
    _log(operator, tenant, "create", "with a token" if with_token else "")
    return NewTenant(tenant, operator.tenant_url(tenant), token)


def list_all(operator: Operator) -> Iterator[Tenant]:
    """Yield all tenants by name."""
    return operator.services.tenants.list()


def show(operator: Operator, tenant: str) -> TenantOverview:
    """Return a tenant with the counts of its directory. Raises TenantError."""
    stored = operator.services.tenants.show(tenant)
    counts = operator.services.directory(tenant).counts()
    return TenantOverview(
        stored,
        operator.tenant_url(tenant),
        {f"{kind.value.lower()}s": count for kind, count in counts.items()},
    )


def disable(operator: Operator, tenant: str) -> None:
    """Close a tenant's endpoint within a minute; everything is kept. Raises TenantError."""
    operator.services.tenants.disable(tenant)
    _log(operator, tenant, "disable")


def enable(operator: Operator, tenant: str) -> None:
    """Open a disabled tenant's endpoint again. Raises TenantError."""
    operator.services.tenants.enable(tenant)
    _log(operator, tenant, "enable")


def _log(operator: Operator, tenant: str, verb: str, detail: str = "") -> None:
    operator.services.audit_log(tenant, operator.name).write(verb, f"Tenant/{tenant}", detail)
