"""The entries of a provisioning log that are about one person."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollcall.model.progress import Progress
from rollcall.runtime.services import Services
from rollcall.storage.provisioning_log import MAX_KEEP_DAYS, LogEntry

ERASE = "erase"
"""The method of the entries of an erasure, whose reason stays."""


@dataclass
class PersonLog:
    """The entries about a person: those of its ids, and those without an id that name it.

    `hashes` are the keyed hashes of what the person is called, and of what the entries of its ids
    say that it was called.
    """

    ids: Collection[str]
    hashes: set[str]
    entries: list[LogEntry] = field(default_factory=list)

    def is_of(self, entry: LogEntry) -> bool:
        """Tell whether an entry has an id of the person."""
        return entry.target.partition("/")[2] in self.ids

    @property
    def named(self) -> list[LogEntry]:
        """The entries that hold a hash or a reason which is about the person."""
        return [
            entry
            for entry in self.entries
            if self.names(entry)
            or (self.is_of(entry) and (entry.named or (entry.reason and entry.method != ERASE)))
        ]

    def mentions(self, entry: LogEntry) -> bool:
        """Tell whether an entry is about something else and has an id of the person in it."""
        return any(each in entry.detail for each in self.ids)

    def names(self, entry: LogEntry) -> bool:
        """Tell whether an entry without an id names the person."""
        return not entry.target and not self.hashes.isdisjoint(entry.named)


def read(
    services: Services, tenant: str, ids: Collection[str], hashes: Collection[str]
) -> Generator[Progress, None, PersonLog]:
    """Read the whole log twice: the first time for what the person was called at any time."""
    found = PersonLog(ids, set(hashes))
    for number, entry in enumerate(_all(services, tenant), 1):
        # What was refused may name somebody else.
        if found.is_of(entry) and entry.status < 400:
            found.hashes.update(entry.named)
        if number % 1000 == 0:
            yield Progress(number, unit="entries", step="reading the log:")
    for number, entry in enumerate(_all(services, tenant), 1):
        if found.is_of(entry) or found.names(entry) or found.mentions(entry):
            found.entries.append(entry)
        if number % 1000 == 0:
            yield Progress(number, unit="entries", step="reading the log again:")
    return found


def _all(services: Services, tenant: str) -> Iterator[LogEntry]:
    now: datetime = services.clock()
    created = datetime.fromisoformat(services.tenants.show(tenant).created)
    # A day more: the clocks of functions differ.
    since = max(created - timedelta(days=1), now - timedelta(days=MAX_KEEP_DAYS))
    return services.log(tenant).read(since, now + timedelta(days=1))
