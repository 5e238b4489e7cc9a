"""The entries of a request in its tenant's provisioning log, without the values that it sent.

The entry of a write is one more action of the write's own transaction. The entries of refusals, of
writes without changes and of lookups without results are written when the answer is known; a
failure to write them does not fail the request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from time import perf_counter
from typing import Any, TypeAlias

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


Charge: TypeAlias = Callable[[int], None]
"""Counts further operations of a request for the rate of its tenant."""


def uncharged(_: int) -> None:
    """Count nothing: the default."""


@dataclass(frozen=True)
class RequestInfo:
    """A request: its id, its method, its route below the base URL, and the status of success.

    `writes` tells whether it may change resources; `charge` counts further operations of it for the
    rate of the tenant.
    """

    id: str = ""
    method: str = ""
    path: str = ""
    status: int = 200
    writes: bool = False
    charge: Charge = uncharged


class RequestEntries:
    """The entries of one request; none without a log.

    `key` is the tenant's key, with which names are hashed.
    """

    def __init__(
        self,
        log: ProvisioningLog | None = None,
        actor: Actor | None = None,
        request: RequestInfo | None = None,
        key: bytes = b"",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._writer = LogWriter(log, actor or Actor(), clock)
        self._key = key
        self._start = perf_counter()
        self._request = request or RequestInfo()
        self._entry = LogEntry()
        self._missed = False
        self._written = False

    @property
    def actions(self) -> int:
        """How many actions `write_actions` returns."""
        return 1 if self._writer else 0

    def begin_operation(self, method: str, path: str, status: int) -> None:
        """Begin an operation of a bulk request, which the next entries are about."""
        self._request = replace(self._request, method=method, path=path, status=status)
        self._entry = replace(self._entry, detail="", target="", changed=(), ignored=(), named=())

    def describe(self, action: str, detail: str) -> None:
        """Set the action of an operator; `detail` holds states and ids, no personal data."""
        self._request = replace(self._request, method=action)
        self._entry = replace(self._entry, detail=detail)

    def set_detail(self, detail: str) -> None:
        """Add a sentence to the entry of a request that succeeds; no personal data."""
        self._entry = replace(self._entry, detail=detail)

    def set_change(
        self, record: Record, after: Mapping[str, Any], ignored: Iterable[str], *others: str
    ) -> None:
        """Set the resource and the names that the next transaction changes, `others` among them."""
        before = {} if record.document is after else record.document
        names = {name for document in (before, after) for name in _names(record, document)}
        self._entry = replace(
            self._entry,
            target=f"{record.kind.value}/{record.id}",
            changed=tuple(islice((*_changed(before, after), *others), MAX_NAMES)) if after else (),
            ignored=_redacted(ignored),
            named=self._hashed(names),
        )

    def write_actions(self, detail: str = "") -> list[Action]:
        """Return the actions that write the entry in the transaction of its write.

        `detail` is a sentence with states and ids, no personal data.
        """
        entry = self._entry_now(self._request.status)
        return self._writer.actions(replace(entry, detail=detail) if detail else entry)

    def note_written(self) -> None:
        """Note that the transaction with the entry was applied."""
        self._written = True

    def add_missed_lookup(self, values: Iterable[str]) -> None:
        """Note that a lookup of these values matched nothing."""
        self._missed = True
        self._entry = replace(self._entry, named=self._hashed(values))

    @property
    def is_missing(self) -> bool:
        """Whether a success has no entry yet: a lookup without results, a write without changes."""
        unwritten = self._missed or (self._request.writes and not self._written)
        return bool(self._writer) and unwritten

    def write_success(self, target: str, ignored: Iterable[str]) -> None:
        """Write the entry of a success that has none yet."""
        self._entry = replace(self._entry, target=target, ignored=_redacted(ignored))
        self._write(self._entry_now(self._request.status))

    def write_refusal(
        self, status: int, error: SCIMException | None, target: str, sent: Any
    ) -> None:
        """Write the entry of a refusal or of a failure of ours; `sent` is the request's content."""
        refusal = replace(
            self._entry_now(status),
            scim_type=(error.scim_type or "") if error else "",
            detail=redaction.redact(str(error.detail), sent) if error else "",
            target=target,
            changed=(),
            named=self._hashed(_sent_names(sent)) or self._entry.named,
        )
        self._write(refusal)

    def _write(self, entry: LogEntry) -> None:
        self._writer.write(entry)
        self._written = True

    def _entry_now(self, status: int) -> LogEntry:
        return replace(
            self._entry,
            method=self._request.method,
            path=self._request.path,
            status=status,
            ms=round((perf_counter() - self._start) * 1000),
        )

    def _hashed(self, values: Iterable[str]) -> tuple[str, ...]:
        return tuple(
            sorted({redaction.keyed_hash(self._key, each) for each in islice(values, MAX_NAMES)})
        )


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the attributes that differ, those of an extension after its URN."""
    for name in sorted({*before, *after} - {"schemas"}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if ":" in name:
            yield from (f"{name}:{each}" for each in _changed(old or {}, new or {}))
        else:
            yield name


def _names(record: Record, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a resource: its userName or displayName, and its externalId."""
    if document:
        yield indexing.claim(record.kind, document).key
        if external := document.get("externalId"):
            yield external


def _sent_names(sent: Any) -> Iterator[str]:
    """Yield the values of userName, externalId and displayName in the content of a request."""
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


def _redacted(ignored: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(redaction.name, islice(ignored, MAX_NAMES)))


def target(endpoint: str, identifier: str) -> str:
    """Return the name of a resource in an entry, `User/…`, by its endpoint and its id."""
    kind = endpoint.strip("/").partition("/")[0].removesuffix("s")
    return f"{kind}/{redaction.identifier(identifier)}" if identifier else ""
