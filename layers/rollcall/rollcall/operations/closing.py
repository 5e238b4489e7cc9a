"""Closes a tenant for its clients while its data is moved or restored, and opens it again.

From then on its clients get 503, other acts of operators and the sweep leave its data alone, and
once nothing is under way any more, nothing changes it. Each step may be repeated by the same act.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from datetime import datetime, timedelta

from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.storage import leases
from rollcall.tenants import closure
from rollcall.tenants.tenants import TenantError

UNDER_WAY = timedelta(seconds=90)
"""How long after a tenant was closed its requests may run: a token is cached for a minute, and a
function runs for 30 seconds at most. The sweep is at one change for 60 seconds."""

_UNTIL_OPENED = timedelta(days=3650)


def close(
    operator: Operator,
    tenant: str,
    act: str,
    reason: str,
    *,
    wait: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Progress]:
    """Close a tenant by an act, and wait for what is under way.

    Without `wait` it does not wait. Raises TenantError where another act has closed it.
    """
    services = operator.services
    closure.close(services.tenants, tenant, act, reason)
    keep_sweep_away(services, tenant, act)
    if wait:
        yield from waiting(time_under_way(services, tenant), sleep)


def reopen(operator: Operator, tenant: str, act: str) -> None:
    """Give a tenant that the act has closed the state that it had before."""
    services = operator.services
    closure.reopen(services.tenants, tenant, act)
    let_sweep(services, tenant, act)


def keep_sweep_away(services: Services, tenant: str, act: str) -> None:
    """Let the sweep leave a tenant alone. Raises TenantError where another act does so."""
    now = services.tenants.clock()
    until = now + _UNTIL_OPENED
    if not services.leases().take(leases.of_tenant(tenant), act, now, until):
        raise TenantError(f"another act works on all data of {tenant}")


def let_sweep(services: Services, tenant: str, act: str) -> None:
    """Let the sweep finish changes of a tenant again."""
    services.leases().release(leases.of_tenant(tenant), act)


def time_under_way(services: Services, tenant: str) -> timedelta:
    """Return how long requests of a tenant that was closed or disabled may still run.

    It is zero for a tenant that never had a token.
    """
    stored = services.tenants.show(tenant)
    if not (stored.tokens or stored.clients or services.token_usage(tenant).read_all()):
        return timedelta()
    since = stored.closure.since if stored.closure else stored.closed or stored.created
    return datetime.fromisoformat(since) + UNDER_WAY - services.tenants.clock()


def waiting(remaining: timedelta, sleep: Callable[[float], None]) -> Generator[Progress]:
    """Wait for what is under way, saying so."""
    if remaining > timedelta():
        seconds = remaining.total_seconds()
        yield Progress(step=f"waiting {seconds:.0f} s for requests that are under way")
        sleep(seconds)
