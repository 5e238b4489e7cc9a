"""The provisioning log of a tenant, read by an operator: a query, and new entries as they come."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rollcall.model.redaction import keyed_hash
from rollcall.operations.operator import Operator
from rollcall.scim.case_folding import former
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.provisioning_log import LogEntry, ProvisioningLog
from rollcall.storage.resources import Resources

__all__ = ["LogEntry", "LogPage", "LogQuery", "entries", "page", "query"]

POLL_SECONDS = 2.0

DELAY = timedelta(seconds=90)
"""How much later than its time an entry may appear: the longest run of a function, or the minute
whose beginning is the time of the entry on refusals beyond a tenant's rate."""

PAGE = 50
LOOKED_AT = 500
"""How many entries a page has, and how many are looked at for it."""

_MAX_REMEMBERED = 10_000


@dataclass(frozen=True)
class LogQuery:
    """Which entries of a tenant's log are read.

    `status` is the beginning of a status; `hashes` and `ids` select the entries about a resource,
    by the keyed hashes of its names, or by its id. Empty values select all.
    """

    tenant: str
    since: datetime
    status: str = ""
    hashes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def selects(self, entry: LogEntry) -> bool:
        """Tell whether the query selects an entry."""
        if not str(entry.status).startswith(self.status):
            return False
        if not self.hashes:
            return True
        by_name = not self.hashes.isdisjoint(entry.named)
        return by_name or entry.target.partition("/")[2] in self.ids


@dataclass(frozen=True)
class LogPage:
    """Entries, the latest first, and the cursor of the page before, empty where there is none."""

    entries: tuple[LogEntry, ...]
    next: str


def query(
    operator: Operator, tenant: str, since: datetime, *, name: str = "", status: str = ""
) -> LogQuery:
    """Return a query for the entries since a moment, but not before the tenant was created.

    `name` is a userName, displayName, externalId or id. Raises TenantError for an unknown tenant.
    """
    settings = operator.services.tenants.show(tenant)
    # Each day before the tenant was created would cost a read of nothing.
    begin = max(since, datetime.fromisoformat(settings.created))
    if not name:
        return LogQuery(tenant, begin, status)
    key = bytes.fromhex(settings.key)
    hashes = frozenset({keyed_hash(key, name), keyed_hash(key, name, former)})
    resources = Resources(operator.services.table, tenant)
    records = [record for kind in Kind if (record := resources.resolve(kind, name)) is not None]
    ids = frozenset({name, *(record.id for record in records)})
    return LogQuery(tenant, begin, status, hashes, ids)


def entries(operator: Operator, query: LogQuery, *, follow: bool = False) -> Iterator[LogEntry]:
    """Yield the entries of a query in the order of time; with `follow`, new ones without end."""
    log = operator.services.log(query.tenant)
    return filter(query.selects, _entries(log, query.since, follow=follow))


def page(operator: Operator, query: LogQuery, before: str = "") -> LogPage:
    """Return a page of the entries of a query, the latest first, before a cursor."""
    log, until = operator.services.log(query.tenant), before or instant(datetime.now(UTC))
    read = log.latest(query.since, until, LOOKED_AT)
    found = [entry for entry in read if query.selects(entry)]
    shown = found[:PAGE]
    last = shown if len(found) > PAGE else read if len(read) == LOOKED_AT else []
    return LogPage(tuple(shown), last[-1].order if last else "")


def _entries(log: ProvisioningLog, since: datetime, *, follow: bool) -> Iterator[LogEntry]:
    now = datetime.now(UTC)
    seen: OrderedDict[str, None] = OrderedDict()
    yield from _unseen(log.read(since, now), seen)
    while follow:
        time.sleep(POLL_SECONDS)
        before, now = now, datetime.now(UTC)
        yield from _unseen(log.read(max(since, before - DELAY), now), seen)


def _unseen(entries: Iterable[LogEntry], seen: OrderedDict[str, None]) -> Iterator[LogEntry]:
    for entry in entries:
        if entry.order not in seen:
            seen[entry.order] = None
            yield entry
    while len(seen) > _MAX_REMEMBERED:
        seen.popitem(last=False)
