"""How many requests a second a tenant may send.

A change takes effect everywhere within a minute: functions keep a tenant's settings that long.
"""

from __future__ import annotations

from rollcall.operations.operator import Operator
from rollcall.tenants.tenants import MAX_RATE, MIN_RATE

__all__ = ["MAX_RATE", "MIN_RATE", "read", "set_rate"]


def read(operator: Operator, tenant: str) -> int:
    """Return the rate of a tenant, 0 where it is the deployment's. Raises TenantError."""
    return operator.services.tenants.show(tenant).rate


def set_rate(operator: Operator, tenant: str, rate: int) -> None:
    """Set the rate of a tenant, 0 for the deployment's. Raises TenantError."""
    operator.services.tenants.set_rate(tenant, rate)
    detail = f"{rate} requests a second" if rate else "the deployment's"
    operator.audit_log(tenant).write("rate", f"Tenant/{tenant}", detail)
