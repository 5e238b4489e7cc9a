"""The deletion of a tenant with all of its data; its secret is last, so that it may be repeated.

What requests write that were accepted before the tenant was closed is waited for, and deleted, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta

from rollcall.directory.directory import Directory
from rollcall.model.progress import Progress
from rollcall.operations import closing
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.storage import tenant_items


def delete(
    operator: Operator,
    tenant: str,
    *,
    wait: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[Progress]:
    """Disable a tenant and delete everything of it. Raises TenantError when there is none.

    Without `wait` it does not wait for the requests that are under way. Of a tenant that has moved
    to another deployment only the items are deleted, which tells nobody: its users live on there.
    """
    services = operator.services
    closed = services.tenants.show(tenant).closure
    operator.record("tenants delete", tenant)
    if closed is not None and closed.moved_to:
        yield from _delete_everything(services, tenant)
        closing.let_sweep(services, tenant, closed.act)
        return
    services.tenants.disable(tenant)
    directory = services.directory(tenant, actor=operator.actor.public)
    yield from _clear(directory)
    remaining = closing.time_under_way(services, tenant) if wait else timedelta()
    if remaining > timedelta():
        yield from closing.waiting(remaining, sleep)
        yield from _clear(directory)
    yield from _delete_everything(services, tenant)


def _delete_everything(services: Services, tenant: str) -> Iterator[Progress]:
    yield Progress(step="deleting reports, and changes that could not be published")
    services.reports.delete(tenant)
    services.unpublished.forget(tenant)
    for number in tenant_items.delete(services.table, tenant):
        yield Progress(number, unit="items", step="deleting the remaining")
    services.tenants.delete(tenant)


def _clear(directory: Directory) -> Iterator[Progress]:
    for number, kind in enumerate(directory.clear(), 1):
        yield Progress(number, unit=f"{kind.value.lower()}s", step="deleting")
