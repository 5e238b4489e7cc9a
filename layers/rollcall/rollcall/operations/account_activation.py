"""Disables an account, and enables it again: each is planned, shown, and then carried out."""

from __future__ import annotations

from rollcall.operations.account_links import AccountPlan
from rollcall.operations.accounts import AccountError, find_user
from rollcall.operations.operator import Operator
from rollcall.reconcile import entra_next_steps
from rollcall.storage.document_item import next_version


def plan_disable(operator: Operator, tenant: str, name: str) -> AccountPlan:
    """Plan to disable an account, which has no access then; its groups and grants stay.

    Raises TenantError, and AccountError for an account that is disabled, or is not there.
    """
    return _plan(operator, tenant, name, active=False)


def plan_enable(operator: Operator, tenant: str, name: str) -> AccountPlan:
    """Plan to enable a disabled account: what its grants give is in force again.

    Raises TenantError, and AccountError for an account that is not disabled, or is not there.
    """
    return _plan(operator, tenant, name, active=True)


def _plan(operator: Operator, tenant: str, name: str, *, active: bool) -> AccountPlan:
    context = operator.context(tenant)
    before = find_user(context, name)
    state = "active" if before.active else "disabled"
    if before.active is active:
        raise AccountError(f"{before.user_name} is {state} already")
    after = next_version(before, {**before.document, "active": active}, context.now())
    steps = entra_next_steps.after_switch(before.link, active=active)
    action, result = ("enable", "active") if active else ("disable", "disabled")
    return AccountPlan(action, before, after, steps, f"{state} → {result}")
