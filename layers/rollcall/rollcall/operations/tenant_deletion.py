"""The deletion of a tenant with all of its data; its secret is last, so that it may be repeated.

Requests that were accepted before the tenant was closed may run for UNDER_WAY; what they write is
deleted, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta

from rollcall.directory.directory import Directory
from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.storage import tenant_items

UNDER_WAY = timedelta(seconds=90)
"""How long after a tenant was closed its requests may run: a token is cached for a minute, and a
function runs for 30 seconds at most."""


def delete(
    operator: Operator,
    tenant: str,
    *,
    wait: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Progress]:
    """Disable a tenant and delete everything of it. Raises TenantError when there is none.

    Without `wait` it does not wait for the requests that are under way.
    """
    services = operator.services
    services.tenants.disable(tenant)
    directory = services.directory(tenant, actor=operator.name)
    yield from _clear(directory)
    if wait and (remaining := _time_under_way(services, tenant)) > timedelta():
        seconds = remaining.total_seconds()
        yield Progress(step=f"waiting {seconds:.0f} s for requests that are under way")
        sleep(seconds)
        yield from _clear(directory)
    yield Progress(step="deleting reports, and changes that could not be published")
    services.reports.delete(tenant)
    services.unpublished.forget(tenant)
    for number in tenant_items.delete(services.table, tenant):
        yield Progress(number, unit="items", step="deleting the remaining")
    services.tenants.delete(tenant)


def _clear(directory: Directory) -> Iterator[Progress]:
    for number, kind in enumerate(directory.clear(), 1):
        yield Progress(number, unit=f"{kind.value.lower()}s", step="deleting")


def _time_under_way(services: Services, tenant: str) -> timedelta:
    """Return how long requests may still run, zero for a tenant that never had a token."""
    closed = services.tenants.show(tenant)
    if not (closed.tokens or services.token_usage(tenant).read_all()):
        return timedelta()
    since = datetime.fromisoformat(closed.closed or closed.created)
    return since + UNDER_WAY - services.tenants.clock()
