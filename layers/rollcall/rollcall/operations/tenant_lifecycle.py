"""Tenants: created, listed, shown, disabled and enabled; `tenant_deletion` deletes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rollcall.model.tenant_summary import TenantSummary
from rollcall.operations.operator import Operator
from rollcall.scim.instant import instant
from rollcall.storage.usage_items import UsageHour, UsageItems
from rollcall.tenants import attention
from rollcall.tenants.tenants import Tenant, TenantError, check_name

__all__ = ["Tenant", "UsageHour"]


@dataclass(frozen=True)
class NewTenant:
    """A new tenant; `token` is its first token in plain text, None when it has no token."""

    name: str
    url: str
    token: str | None = field(repr=False)


@dataclass(frozen=True)
class ListedTenant:
    """The summary of a tenant, and what it means now.

    `status` is what it is listed under, `needs` are what needs attention, the most urgent first,
    and `advice` has a sentence for each. `expires` is when its next token or secret ends.
    """

    summary: TenantSummary
    status: str
    needs: tuple[str, ...]
    advice: tuple[str, ...]
    expires: str


@dataclass(frozen=True)
class TenantList:
    """All tenants, the most urgent first, and the instant of which the list is."""

    as_of: str
    tenants: tuple[ListedTenant, ...]


@dataclass(frozen=True)
class TenantOverview:
    """A tenant, its Tenant URL, and the numbers of its `users` and `groups`.

    `listed` is its summary, brought up to date at the instant `as_of`, `latest` the latest hour in
    which it sent something, which is known a minute later.
    """

    tenant: Tenant
    url: str
    counts: Mapping[str, int]
    listed: ListedTenant
    as_of: str
    latest: UsageHour | None


def plan_creation(operator: Operator, tenant: str) -> str:
    """Return the Tenant URL that a tenant will have. Raises TenantError where it cannot be made."""
    tenants = operator.services.tenants
    check_name(tenant)
    try:
        tenants.show(tenant)
    except TenantError:
        return operator.tenant_url(tenant)
    raise TenantError(f"there is a tenant {tenant} already")


def read(operator: Operator, tenant: str) -> Tenant:
    """Return a tenant alone, in one round trip. Raises TenantError."""
    return operator.services.tenants.show(tenant)


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


def list_all(operator: Operator) -> TenantList:
    """Return all tenants by urgency, as the latest run has left them.

    Where there was no run yet, as in a deployment of an earlier release, every tenant is read.
    """
    services = operator.services
    now, (run, summaries) = services.tenants.clock(), services.summaries.items.read_all()
    if run.finished:
        return TenantList(run.finished, tuple(listed(each, now) for each in summaries))
    found = [services.summaries.of_secrets(tenant, now) for tenant in services.tenants.list()]
    found.sort(key=lambda summary: summary.urgency)
    return TenantList(instant(now), tuple(listed(each, now) for each in found))


def show(operator: Operator, tenant: str) -> TenantOverview:
    """Return a tenant with the counts of its directory. Raises TenantError."""
    stored = operator.services.tenants.show(tenant)
    services, now = operator.services, operator.services.tenants.clock()
    counts = services.directory(tenant).counts()
    run, summary = services.summaries.items.read_with_run(tenant)
    return TenantOverview(
        stored,
        operator.tenant_url(tenant),
        {f"{kind.value.lower()}s": count for kind, count in counts.items()},
        listed(summary or services.summaries.of_secrets(stored, now), now),
        max(run.finished, summary.written) if summary else instant(now),
        UsageItems(services.table, tenant).latest(now),
    )


def disable(operator: Operator, tenant: str) -> None:
    """Close a tenant's endpoint within a minute; everything is kept. Raises TenantError."""
    operator.services.tenants.disable(tenant)
    _log(operator, tenant, "disable")


def enable(operator: Operator, tenant: str) -> None:
    """Open a disabled tenant's endpoint again. Raises TenantError."""
    operator.services.tenants.enable(tenant)
    _log(operator, tenant, "enable")


def listed(summary: TenantSummary, now: datetime) -> ListedTenant:
    """Return a summary with what it means at a moment."""
    return ListedTenant(
        summary,
        summary.status(now),
        summary.needs(now),
        tuple(attention.sentences(summary, now)),
        summary.expires(now),
    )


def _log(operator: Operator, tenant: str, verb: str, detail: str = "") -> None:
    operator.audit_log(tenant).write(verb, f"Tenant/{tenant}", detail)
