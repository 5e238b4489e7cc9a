"""The provisioning log of a tenant, read by an operator: a query, and new entries as they come."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypedDict, Unpack

from rollcall.model.redaction import keyed_hash
from rollcall.operations.operator import Operator
from rollcall.scim.case_folding import former
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.deployment_log import DeploymentEntry
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.provisioning_log import LogEntry
from rollcall.storage.resources import Resources

__all__ = [
    "DeploymentEntry",
    "LogEntry",
    "LogFollower",
    "LogPage",
    "LogQuery",
    "acts",
    "entries",
    "page",
    "page_of",
    "query",
]

POLL_SECONDS = 2.0

DELAY = timedelta(seconds=90)
"""How much later than its time an entry may appear: the longest run of a function, or the minute
whose beginning is the time of the entry on refusals beyond a tenant's rate."""

PAGE = 50
LOOKED_AT = 500
"""How many entries a page has, and how many are looked at for it."""

DAYS_BEFORE = 3
"""How many days before that of its cursor a page is looked for on, at most."""

_MAX_REMEMBERED = 10_000
_OPERATOR = "operator"


@dataclass(frozen=True)
class LogQuery:
    """Which entries of a tenant's log are read.

    `status` is the beginning of a status; `hashes` and `ids` select the entries about a resource,
    by the keyed hashes of its names, or by its id. `method` is one of HTTP, or `operator` for the
    acts of operators; `text` is a part of a word of the entry. Empty values select all.
    """

    tenant: str
    since: datetime
    status: str = ""
    hashes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    method: str = ""
    text: str = ""

    def selects(self, entry: LogEntry) -> bool:
        """Tell whether the query selects an entry."""
        if not str(entry.status).startswith(self.status):
            return False
        if self.method not in ("", _OPERATOR if entry.method.islower() else entry.method):
            return False
        if self.text and self.text.casefold() not in _words(entry):
            return False
        if not self.hashes:
            return True
        by_name = not self.hashes.isdisjoint(entry.named)
        return by_name or entry.target.partition("/")[2] in self.ids


@dataclass(frozen=True)
class LogPage:
    """Entries of a query, the latest first; `rest` is where the next page begins, empty at the end.

    `looked_at` is the moment back to which the log was read.
    """

    query: LogQuery
    entries: tuple[LogEntry, ...]
    looked_at: str
    rest: str


class LogFilters(TypedDict, total=False):
    """What is filtered by: `name` is a userName, displayName, externalId or id, else `LogQuery`."""

    name: str
    status: str
    method: str
    text: str


def query(
    operator: Operator, tenant: str, since: datetime, **filters: Unpack[LogFilters]
) -> LogQuery:
    """Return a query for the entries since a moment, but not before the tenant was created.

    Raises TenantError for an unknown tenant.
    """
    name, status = filters.get("name", ""), filters.get("status", "")
    resources = Resources(operator.services.table, tenant)
    reads: list[Callable[[], Any]] = [partial(operator.services.tenants.show, tenant)]
    reads += [partial(resources.resolve, kind, name) for kind in Kind if name]
    settings, *records = at_once(reads)
    # Each day before the tenant was created would cost a read of nothing.
    begin = max(since, datetime.fromisoformat(settings.created))
    hashes, ids = frozenset[str](), frozenset[str]()
    if name:
        key = bytes.fromhex(settings.key)
        hashes = frozenset({keyed_hash(key, name), keyed_hash(key, name, former)})
        ids = frozenset({name, *(record.id for record in records if record is not None)})
    method, text = filters.get("method", ""), filters.get("text", "")
    return LogQuery(tenant, begin, status, hashes, ids, method, text)


def page(
    operator: Operator, tenant: str, since: datetime, before: str, **filters: Unpack[LogFilters]
) -> LogPage:
    """Read a page of the entries since a moment: from `before`, an `order` or an instant, back.

    At most LOOKED_AT entries are looked at, of few days, whatever the filters select. Entries and
    what a name means are read at once, in three round trips for an id that was merged away.
    """
    limit = LOOKED_AT if any(filters.values()) else PAGE + 1
    reads: list[Callable[[], Any]] = [partial(query, operator, tenant, since, **filters)]
    wanted, *found = at_once([*reads, *_days(operator, tenant, since, before, limit)])
    return _selected(wanted, found, before, limit)


def page_of(operator: Operator, wanted: LogQuery, before: str) -> LogPage:
    """Read the page that `page` reads, of a query that is known: in one round trip."""
    reads = _days(operator, wanted.tenant, wanted.since, before, LOOKED_AT)
    return _selected(wanted, at_once(reads), before, LOOKED_AT)


def _days(
    operator: Operator, tenant: str, since: datetime, before: str, limit: int
) -> list[Callable[[], list[LogEntry]]]:
    """Return a read for each day of a page, the last day first."""
    moment, sign, place = before.partition("#")
    log, until = operator.services.log(tenant), datetime.fromisoformat(moment)
    days = _before(until)
    ends = [f"{instant(until)}{sign}{place}", *map(_last, days[1:])]
    return [
        partial(log.latest, max(since, day), end, limit)
        for day, end in zip(days, ends, strict=True)
        if day + timedelta(days=1) > since
    ]


def _before(until: datetime) -> list[datetime]:
    """Return the days of a page by their beginnings, the last first."""
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
    return [midnight - timedelta(days=number) for number in range(DAYS_BEFORE + 1)]


def _selected(
    wanted: LogQuery, found: Iterable[Iterable[LogEntry]], before: str, limit: int
) -> LogPage:
    """Return a page of what was read of its days."""
    looked_at = [entry for day in found for entry in day][:limit]
    selected = list(filter(wanted.selects, looked_at))
    first = _before(datetime.fromisoformat(before.partition("#")[0]))[-1]
    back = max(wanted.since, first)
    rest = instant(back) if back > wanted.since else ""
    if len(selected) > PAGE:
        rest = selected[PAGE - 1].order
    elif len(looked_at) == limit:
        rest = looked_at[-1].order
    return LogPage(wanted, tuple(selected[:PAGE]), rest.partition("#")[0] or instant(back), rest)


class LogFollower:
    """Finds the new entries of a query; an entry may appear later than its time."""

    def __init__(self, operator: Operator, query: LogQuery, seen: Iterable[LogEntry] = ()) -> None:
        self._log = operator.services.log(query.tenant)
        self._query = query
        self._until = datetime.now(UTC)
        self._seen: OrderedDict[str, None] = OrderedDict.fromkeys(each.order for each in seen)

    def first(self) -> Iterator[LogEntry]:
        """Yield the entries until now, in the order of time."""
        return self._unseen(self._query.since)

    def new(self) -> Iterator[LogEntry]:
        """Yield the entries that were not there at the last call, in the order of time."""
        before, self._until = self._until, datetime.now(UTC)
        return self._unseen(max(self._query.since, before - DELAY))

    def _unseen(self, since: datetime) -> Iterator[LogEntry]:
        for entry in self._log.read(since, self._until):
            if entry.order not in self._seen:
                self._seen[entry.order] = None
                if self._query.selects(entry):
                    yield entry
        while len(self._seen) > _MAX_REMEMBERED:
            self._seen.popitem(last=False)


def acts(operator: Operator, since: datetime) -> Iterator[DeploymentEntry]:
    """Yield the acts on the deployment since a moment, in the order of time."""
    return operator.services.deployment_log().read(since)


def entries(operator: Operator, query: LogQuery, *, follow: bool = False) -> Iterator[LogEntry]:
    """Yield the entries of a query in the order of time; with `follow`, new ones without end."""
    follower = LogFollower(operator, query)
    yield from follower.first()
    while follow:
        time.sleep(POLL_SECONDS)
        yield from follower.new()


def _last(day: datetime) -> str:
    """Return what is behind the last `order` of a day."""
    return f"{day:%Y-%m-%d}T23:59:59.999Z#~"


def _words(entry: LogEntry) -> str:
    """Return what a free word is looked for in; values and hashes are not among it."""
    names = (*entry.changed, *entry.ignored)
    facts = (entry.detail, entry.scim_type, entry.path, entry.target, entry.actor, entry.request)
    return " ".join((*facts, entry.method, entry.reason, entry.user, *names)).casefold()
