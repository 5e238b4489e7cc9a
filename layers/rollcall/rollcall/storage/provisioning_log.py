"""The provisioning log of one tenant: the requests, who sent them, and the answers.

Each day has SHARDS partitions, each in the order of time, so that the writes of a busy tenant, and
of one bulk request, are spread. Entries expire.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from heapq import merge
from itertools import chain, count, islice
from typing import Any
from zlib import crc32

from rollcall.aws.attribute_values import Item
from rollcall.aws.aws_errors import ClientError
from rollcall.model.actor import Actor, public
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.storage.keys import Key, Keys
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed

SHARDS = 4
KEEP_DAYS = 90
MAX_KEEP_DAYS = 731

_LASTING = timedelta(days=KEEP_DAYS)
_NOBODY = Actor()


@dataclass(frozen=True)
class LogEntry:
    """One entry: a write, a refusal, or a lookup that matched nothing.

    `time` is an RFC 3339 instant in UTC, `number` counts the entries of one request, `actor` is
    `token:<id>`, or `operator:` and an ARN or a name, `user` the name of the user on the machine of
    an operator with an ARN. `path` is a route, `target` a type and an id. `changed` and
    `ignored` are names of attributes, `named` keyed hashes of the names that were looked up or
    sent. `ms` is the time since the request began, in milliseconds, `reason` what an operator said.
    """

    time: str = ""
    request: str = ""
    number: int = 0
    actor: str = ""
    method: str = ""
    path: str = ""
    status: int = 0
    scim_type: str = ""
    detail: str = ""
    target: str = ""
    changed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    ms: int = 0
    reason: str = ""
    user: str = ""

    @property
    def public(self) -> LogEntry:
        """The entry as customers see it: without the account and the person of an operator."""
        return replace(self, actor=public(self.actor), user="")

    @property
    def order(self) -> str:
        """The sort key of the entry among those of its day."""
        return f"{self.time}#{self.request}#{self.number:04d}"

    @property
    def shard(self) -> int:
        """The shard of the entry among those of its day; a bulk request has entries in all."""
        return crc32(self.order.encode()) % SHARDS


_FIELDS = {attribute.name: attribute.default for attribute in fields(LogEntry)}


class ProvisioningLog:
    """The provisioning log of one tenant; entries are kept for `keep_days`."""

    def __init__(self, table: Table, tenant: str, keep_days: int = KEEP_DAYS) -> None:
        self._table = table
        self._keys = Keys(tenant)
        self._keep = timedelta(days=keep_days)

    def action(self, entry: LogEntry) -> Action:
        """Return the action that adds an entry, for the transaction of the write."""
        return Action("Put", self._key(entry), item=self._item(entry))

    def write(self, entry: LogEntry) -> bool:
        """Add an entry by itself; False when that failed, which never fails the request."""
        try:
            self._table.put(self._key(entry), self._item(entry))
        except (Unavailable, ClientError):
            return False
        return True

    def write_once(self, entry: LogEntry) -> None:
        """Add an entry unless one of this time and request is there; a failure fails nothing."""
        new = replace(self.action(entry), condition="attribute_not_exists(pk)")
        with suppress(ConditionFailed, Unavailable, ClientError):
            self._table.transact([new], seconds=0)

    def forget_names(self, entry: LogEntry, expires: int, *, keep_reason: bool) -> None:
        """Delete the hashes of an entry, and its reason; it expires at a Unix time, or before."""
        remove = "REMOVE named" if keep_reason else "REMOVE named, reason"
        unnamed = Action(
            "Update",
            self._key(entry),
            update=remove,
            condition="expires <= :expires",
            values={":expires": expires},
        )
        sooner = replace(
            unnamed, update=f"SET expires = :expires {remove}", condition="expires > :expires"
        )
        for action in (sooner, unnamed) if self._keep > _LASTING else (unnamed, sooner):
            with suppress(ConditionFailed):  # the other one holds, or the entry has expired
                self._table.update(action)
                return

    def read(self, since: datetime, until: datetime) -> Iterator[LogEntry]:
        """Yield the entries from one moment up to another, in the order of time, shards at once."""
        first, last = instant(since), instant(until)
        for day in _days(since, until):
            shards = at_once([partial(self._begun, day, shard, first) for shard in range(SHARDS)])
            for item in merge(*shards, key=lambda item: str(item["sk"])):
                if item["sk"] >= last:
                    return
                yield _entry(item)

    def _begun(self, day: date, shard: int, after: str) -> Iterator[Item]:
        """Return the items of a shard, of which the first are read now."""
        items = self._table.query(self._keys.log(day.isoformat(), shard), after=after)
        first = list(islice(items, 1))
        return chain(first, items)

    def latest(self, since: datetime, before: str, limit: int) -> list[LogEntry]:
        """Return the latest entries since a moment, the latest first; `before` is an `order`.

        The shards of the last day are read at once, and where that is not enough, all others.
        """
        first, until = instant(since), datetime.fromisoformat(before.partition("#")[0])
        days = list(_days(since, until))
        found: list[Item] = []
        for some in (days[-1:], days[:-1]):
            reads = [
                partial(self._last, day, shard, before, limit)
                for day in some
                for shard in range(SHARDS)
            ]
            if reads and len(found) < limit:
                found += [item for read in at_once(reads) for item in read if item["sk"] >= first]
        found.sort(key=lambda item: str(item["sk"]), reverse=True)
        return [_entry(item) for item in found[:limit]]

    def _last(self, day: date, shard: int, before: str, limit: int) -> list[Item]:
        partition = self._keys.log(day.isoformat(), shard)
        items = self._table.query(partition, after=before, backwards=True, limit=limit)
        return list(islice(items, limit))

    def _key(self, entry: LogEntry) -> Key:
        return self._keys.log_entry(entry.time[:10], entry.shard, entry.order)

    def _item(self, entry: LogEntry) -> Item:
        values = {name: value for name, value in asdict(entry).items() if value != _FIELDS[name]}
        written = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }
        expires = datetime.fromisoformat(entry.time) + self._keep
        return {**written, "expires": int(expires.timestamp())}


class LogWriter:
    """Writes the entries of one request, or of one run of a command; without a log it writes none.

    It sets the time and the number of each entry, and who acts: the request, the actor, why.
    """

    def __init__(
        self,
        log: ProvisioningLog | None = None,
        actor: Actor = _NOBODY,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.actor = actor
        self._log = log
        self._clock = clock
        self._numbers = count()

    def __bool__(self) -> bool:
        """Tell whether entries are written."""
        return self._log is not None

    def actions(self, entry: LogEntry) -> list[Action]:
        """Return the action that adds an entry, for the transaction of the write."""
        return [] if self._log is None else [self._log.action(self._completed(entry))]

    def write(self, entry: LogEntry) -> None:
        """Add an entry by itself; an entry that cannot be written fails nothing."""
        if self._log is not None:
            self._log.write(self._completed(entry))

    def _completed(self, entry: LogEntry) -> LogEntry:
        return replace(
            entry,
            time=instant(self._clock()),
            number=next(self._numbers),
            request=self.actor.request,
            actor=self.actor.actor,
            reason=self.actor.reason,
            user=self.actor.user,
        )


def _entry(item: Item) -> LogEntry:
    values: dict[str, Any] = {name: item[name] for name in _FIELDS if name in item}
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
        elif not isinstance(value, str):
            values[name] = int(value)
    return LogEntry(**values)


def _days(since: datetime, until: datetime) -> Iterator[date]:
    day, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
