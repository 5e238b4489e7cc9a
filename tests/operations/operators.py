"""An operator of a tenant, for tests of what operators do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import TypeVar

from rollcall.operations import account_links, account_merge
from rollcall.operations.account_merge import MergedIds
from rollcall.operations.operator import Operator, Progress
from rollcall.runtime.services import Services
from rollcall.storage.table import Table
from rollcall.tenants.tenants import TenantError

Result = TypeVar("Result")


def operator_of(services: Services, tenant: str = "acme", table: Table | None = None) -> Operator:
    """Return an operator of a tenant, which is created where there is none, on a table."""
    with suppress(TenantError):
        services.tenants.add(tenant)
    if table is not None:
        services.table = table
    return Operator(services, "operator:ann")


def finished(act: Generator[Progress, None, Result]) -> Result:
    """Return the result of an act when it has come to its end."""
    while True:
        try:
            next(act)
        except StopIteration as end:
            result: Result = end.value
            return result


def merge(
    operator: Operator, tenant: str, keep: str, remove: str, idp_deletes: str | None = None
) -> MergedIds:
    """Merge two accounts, up to what follows in steps."""
    plan = account_merge.plan_merge(operator, tenant, keep, remove, idp_deletes)
    return account_merge.merge(operator, tenant, plan)


def unlink(operator: Operator, tenant: str, name: str) -> None:
    """Unlink an account."""
    account_links.carry_out(operator, tenant, account_links.plan_unlink(operator, tenant, name))


def relink(
    operator: Operator,
    tenant: str,
    name: str,
    external_id: str | None = None,
    user_name: str | None = None,
) -> None:
    """Relink an account."""
    plan = account_links.plan_relink(operator, tenant, name, external_id, user_name)
    account_links.carry_out(operator, tenant, plan)
