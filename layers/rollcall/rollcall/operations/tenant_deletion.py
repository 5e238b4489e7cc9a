"""The end of a tenant: everything of it goes, its own secret last, so that it may be repeated.

Who was let in before the tenant was closed may go on for UNDER_WAY; what such requests leave goes
too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.storage import tenant_items

UNDER_WAY = timedelta(seconds=90)
"""How long after a tenant was closed its requests may go on: a token is believed for a minute, and
a function lives half of one."""


def delete(
    having: Services,
    tenant: str,
    actor: str,
    *,
    wait: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Close a tenant and delete everything of it, yielding what is being done.

    `actor` is whom change events name. Raises TenantError when there is no such tenant.
    """
    having.tenants.disable(tenant)
    directory = having.directory(tenant, actor=actor)
    yield from _cleared(directory)
    if wait and (left := _under_way(having, tenant)) > timedelta():
        yield f"waiting {left.total_seconds():.0f} s for requests that are under way"
        sleep(left.total_seconds())
        yield from _cleared(directory)
    yield "deleting reports, and changes that could not be published"
    having.reports.forget(tenant)
    having.unpublished.forget(tenant)
    for number in tenant_items.delete(having.table, tenant):
        yield f"deleting what is left, {number} items so far"
    having.tenants.forget(tenant)


def _cleared(directory: Directory) -> Iterator[str]:
    for number, kind in enumerate(directory.clear(), 1):
        yield f"deleting {kind.value.lower()}s, {number} so far"


def _under_way(having: Services, tenant: str) -> timedelta:
    """Return for how long requests may still be under way; none where no token ever was."""
    closed = having.tenants.show(tenant)
    if not (closed.tokens or having.usage(tenant).all()):
        return timedelta()
    since = datetime.fromisoformat(closed.closed or closed.created)
    return since + UNDER_WAY - having.tenants.clock()
