"""Tenants: created, listed, shown, disabled and enabled; `tenant_deletion` deletes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from rollcall.model.tenant_summary import STATUSES, TenantSummary
from rollcall.operations import failures
from rollcall.operations.failures import AccessError, CredentialsError
from rollcall.operations.operator import Operator
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import tenant_counts
from rollcall.storage.usage_items import UsageHour, UsageItems
from rollcall.tenants import attention
from rollcall.tenants.tenants import (
    TOKEN_DAYS,
    Tenant,
    TenantError,
    Token,
    check_name,
    new_token,
)

__all__ = ["STATUSES", "Tenant", "UsageHour"]

FIRST = "first"
"""The label of the token that a tenant is created with."""


@dataclass(frozen=True)
class NewTenant:
    """A new tenant; `token` is its first token in plain text, None when it has no token."""

    name: str
    url: str
    token: str | None = field(repr=False)


@dataclass(frozen=True)
class TenantCreation:
    """A tenant that is to be created: its secret's content, and its token in plain text, if any."""

    name: str
    url: str
    content: Mapping[str, Any] = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True)
class ListedTenant:
    """The summary of a tenant, and what it means at a moment, found out when it is asked for."""

    summary: TenantSummary
    now: datetime

    @cached_property
    def status(self) -> str:
        """What the tenant is listed under."""
        return self.summary.status(self.now)

    @property
    def needs(self) -> tuple[str, ...]:
        """What needs attention, the most urgent first."""
        return self.summary.needs(self.now)

    @property
    def advice(self) -> tuple[str, ...]:
        """A sentence for each thing that needs attention."""
        return tuple(attention.sentences(self.summary, self.now))

    @property
    def expires(self) -> str:
        """When the next token or secret of the tenant ends, empty where none will."""
        return self.summary.expires(self.now)


@dataclass(frozen=True)
class TenantSize:
    """How many users and groups a tenant has."""

    users: int
    groups: int


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


def plan_creation(operator: Operator, tenant: str, *, with_token: bool) -> TenantCreation:
    """Return what a tenant will be made of. Raises TenantError where it cannot be made."""
    check_name(tenant)
    try:
        operator.services.tenants.show(tenant)
    except TenantError:
        return _prepared(operator, tenant, with_token=with_token)
    raise TenantError(f"there is a tenant {tenant} already")


def read(operator: Operator, tenant: str) -> Tenant:
    """Return a tenant alone, in one round trip. Raises TenantError."""
    return operator.services.tenants.show(tenant)


def create(operator: Operator, tenant: str, *, with_token: bool = True) -> NewTenant:
    """Create a tenant, by default with a token. Raises TenantError for a name that is taken."""
    return carry_out(operator, _prepared(operator, tenant, with_token=with_token))


def carry_out(operator: Operator, creation: TenantCreation) -> NewTenant:
    """Create a tenant: once, however often that is repeated after an answer was lost.

    Raises TenantError where there is another one of its name.
    """
    operator.services.tenants.store(creation.name, dict(creation.content))
    _log(operator, creation.name, "create", "with a token" if creation.token else "")
    return NewTenant(creation.name, creation.url, creation.token)


def list_all(operator: Operator) -> TenantList:
    """Return all tenants by urgency, as the latest run has left them.

    Where there was no run yet, as in a deployment of an earlier release, every tenant is read.
    """
    services = operator.services
    now, (run, summaries) = services.tenants.clock(), services.summaries.items.read_all()
    if run.finished:
        return TenantList(run.finished, tuple(ListedTenant(each, now) for each in summaries))
    found = [services.summaries.of_secrets(tenant, now) for tenant in services.tenants.list()]
    found.sort(key=lambda summary: summary.urgency)
    return TenantList(instant(now), tuple(ListedTenant(each, now) for each in found))


def sizes(operator: Operator, tenants: Sequence[str]) -> Mapping[str, TenantSize]:
    """Return the sizes of some of the tenants of a list, in one round trip for fifty.

    They are empty for an operator who may not read all of these tenants.
    """
    try:
        with failures.translated():
            numbers = tenant_counts.read(operator.services.table, tenants)
    except CredentialsError:
        raise
    except AccessError:
        return {}
    return {
        each: TenantSize(numbers[each, Kind.USER], numbers[each, Kind.GROUP]) for each in tenants
    }


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
        ListedTenant(summary or services.summaries.of_secrets(stored, now), now),
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


def _prepared(operator: Operator, tenant: str, *, with_token: bool) -> TenantCreation:
    tenants, plain, first = operator.services.tenants, None, list[Token]()
    if with_token:
        plain, token = new_token(FIRST, tenants.clock(), timedelta(days=TOKEN_DAYS))
        first = [token]
    return TenantCreation(
        tenant, operator.tenant_url(tenant), tenants.prepare(tenant, *first), plain
    )


def _log(operator: Operator, tenant: str, verb: str, detail: str = "") -> None:
    operator.audit_log(tenant).write(verb, f"Tenant/{tenant}", detail)
