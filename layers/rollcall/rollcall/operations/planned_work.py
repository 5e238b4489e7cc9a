"""The switch for planned work: until an instant, no brake of a tenant holds or tells anything."""

from __future__ import annotations

from datetime import datetime, timedelta

from rollcall.model.brake import MAX_OFF, BrakeSwitch
from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError
from rollcall.scim.instant import instant
from rollcall.storage.brake_items import BrakeItems

__all__ = ["MAX_OFF", "BrakeSwitch", "instant", "read", "switch_off", "switch_on"]


class PlannedWorkError(OperatorError):
    """The time of planned work is past, or too long."""


def switch_off(operator: Operator, tenant: str, until: datetime) -> BrakeSwitch:
    """Switch the brake of a tenant off until an instant; both kinds of brake go by it.

    What happens meanwhile does not count afterwards either. Raises TenantError for an unknown
    tenant, PlannedWorkError for a time that is not within MAX_OFF from now.
    """
    services = operator.services
    services.tenants.show(tenant)
    if not timedelta() < until - services.clock() <= MAX_OFF:
        raise PlannedWorkError(f"the brake can be off for {MAX_OFF.days} days at most, from now on")
    items, now = BrakeItems(services.table, tenant), instant(services.clock())
    before = items.switch()
    since = before.since if before.is_off(now) else now
    switch = BrakeSwitch(since, instant(until), operator.actor.public)
    items.set_switch(switch)
    _log(operator, tenant, "brake off", f"until {switch.until}")
    return switch


def read(operator: Operator, tenant: str) -> BrakeSwitch:
    """Return the switch. Raises TenantError for an unknown tenant."""
    operator.services.tenants.show(tenant)
    return BrakeItems(operator.services.table, tenant).switch()


def switch_on(operator: Operator, tenant: str) -> bool:
    """Switch the brake of a tenant on again; False where it was on.

    Raises TenantError for an unknown tenant.
    """
    services = operator.services
    services.tenants.show(tenant)
    items, now = BrakeItems(services.table, tenant), instant(services.clock())
    before = items.switch()
    if not before.is_off(now):
        return False
    items.set_switch(BrakeSwitch(before.since, now, operator.actor.public))
    _log(operator, tenant, "brake on", "")
    return True


def _log(operator: Operator, tenant: str, verb: str, detail: str) -> None:
    operator.audit_log(tenant).write(verb, f"Tenant/{tenant}", detail)
