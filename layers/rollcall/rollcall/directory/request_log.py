"""What a request leaves in its tenant's provisioning log, without the values that it carried.

A write's entry is one more action of the write's own transaction. What was refused, what changed
nothing and what was looked up in vain are told afterwards, which fails nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from time import perf_counter
from typing import Any

from rollcall.model import redaction
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim import indexing
from rollcall.scim.errors import SCIMException
from rollcall.storage.provisioning_log import LogEntry, LogWriter, ProvisioningLog
from rollcall.storage.transactions import Action

MAX_NAMES = 100
"""How many attributes and hashes an entry holds."""

_NAMING = frozenset({"username", "externalid", "displayname"})
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class RequestInfo:
    """What a request asks: `path` is its route below the base URL, `status` the answer to success.

    `reads` says that a POST searches.
    """

    request: str = ""
    method: str = ""
    path: str = ""
    status: int = 200
    reads: bool = False

    @property
    def is_write(self) -> bool:
        """Tell whether the request is to change something."""
        return self.method in _WRITES and not self.reads


class RequestTrail:
    """What one request leaves; without a log, nothing. `key` is the tenant's own."""

    def __init__(
        self,
        log: ProvisioningLog | None = None,
        origin: Actor | None = None,
        asked: RequestInfo | None = None,
        key: bytes = b"",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._writer = LogWriter(log, origin or Actor(), clock)
        self._key = key
        self._begun = perf_counter()
        self._asked = asked or RequestInfo()
        self._entry = LogEntry()
        self._missed = False
        self._written = False

    @property
    def actions(self) -> int:
        """How many actions `committing` returns."""
        return 1 if self._writer else 0

    def asks(self, method: str, path: str, status: int) -> None:
        """Note that an operation of a bulk request begins."""
        self._asked = replace(self._asked, method=method, path=path, status=status)
        self._entry = replace(self._entry, detail="", target="", changed=(), ignored=(), named=())

    def acts(self, action: str, detail: str) -> None:
        """Note what an operator is about to do; `detail` holds states and ids, nobody's data."""
        self._asked = replace(self._asked, method=action)
        self._entry = replace(self._entry, detail=detail)

    def notes(self, detail: str) -> None:
        """Note what the log is to say of a request that goes well; nobody's data."""
        self._entry = replace(self._entry, detail=detail)

    def changes(
        self, record: Record, after: Mapping[str, Any], ignored: Iterable[str], *others: str
    ) -> None:
        """Note what the next transaction makes of a resource; `others` change beside it."""
        before = {} if record.document is after else record.document
        names = {name: value for each in (before, after) for name, value in _naming(record, each)}
        self._entry = replace(
            self._entry,
            target=f"{record.kind.value}/{record.id}",
            changed=tuple(islice((*_changed(before, after), *others), MAX_NAMES)) if after else (),
            ignored=_kept(ignored),
            named=self._hashed(names.values()),
        )

    def committing(self, detail: str = "") -> list[Action]:
        """Return the actions that a write's transaction has besides its own.

        `detail` is what the entry says besides: states and ids, nobody's data.
        """
        entry = self._now(self._asked.status)
        return self._writer.actions(replace(entry, detail=detail) if detail else entry)

    def committed(self) -> None:
        """Note that the transaction was applied."""
        self._written = True

    def misses(self, values: Iterable[str]) -> None:
        """Note that a lookup of these values matched nothing."""
        self._missed = True
        self._entry = replace(self._entry, named=self._hashed(values))

    @property
    def is_untold(self) -> bool:
        """Tell whether something went well and has no entry: a vain lookup, a change of nothing."""
        vain = self._missed or (self._asked.is_write and not self._written)
        return bool(self._writer) and vain

    def answered(self, target: str, ignored: Iterable[str]) -> None:
        """Tell what went well and has no entry yet."""
        self._entry = replace(self._entry, target=target, ignored=_kept(ignored))
        self._tell(self._now(self._asked.status))

    def refused(self, status: int, error: SCIMException | None, target: str, sent: Any) -> None:
        """Tell what was refused, or what failed on our side; `sent` is what the request carried."""
        refusal = replace(
            self._now(status),
            scim_type=(error.scim_type or "") if error else "",
            detail=redaction.redacted(str(error.detail), sent) if error else "",
            target=target,
            changed=(),
            named=self._hashed(_sent_names(sent)) or self._entry.named,
        )
        self._tell(refusal)

    def _tell(self, entry: LogEntry) -> None:
        self._writer.write(entry)
        self._written = True

    def _now(self, status: int) -> LogEntry:
        return replace(
            self._entry,
            method=self._asked.method,
            path=self._asked.path,
            status=status,
            ms=round((perf_counter() - self._begun) * 1000),
        )

    def _hashed(self, values: Iterable[str]) -> tuple[str, ...]:
        return tuple(
            sorted({redaction.hashed(self._key, each) for each in islice(values, MAX_NAMES)})
        )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of what differs, those within an extension after its URN."""
    for name in sorted({*before, *after} - {"schemas"}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if ":" in name:
            yield from (f"{name}:{each}" for each in _changed(old or {}, new or {}))
        else:
            yield name


def _naming(record: Record, document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a resource goes by: its userName or displayName, and its externalId."""
    if document:
        claim = indexing.claim(record.kind, document)
        yield claim.key, claim.key
        if external := document.get("externalId"):
            yield external, external


def _sent_names(sent: Any) -> Iterator[str]:
    """Yield the values of userName, externalId and displayName, where requests have them."""
    if not isinstance(sent, dict):
        return
    body = {str(key).lower(): value for key, value in sent.items()}
    yield from (body[name] for name in _NAMING if isinstance(body.get(name), str))
    yield from _sent_names(body.get("body"))
    operations = body.get("operations")
    for each in operations if isinstance(operations, list) else ():
        if isinstance(each, dict):
            path, value = each.get("path"), each.get("value")
            yield from _sent_names({path: value} if isinstance(path, str) else value)


def _kept(ignored: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(redaction.name, islice(ignored, MAX_NAMES)))


def target(endpoint: str, identifier: str) -> str:
    """Return how an entry names the resource of an endpoint, /Users say, that a path names."""
    kind = endpoint.strip("/").partition("/")[0].removesuffix("s")
    return f"{kind}/{redaction.identifier(identifier)}" if identifier else ""
