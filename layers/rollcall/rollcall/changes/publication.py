"""The publication of what stream records mean, up to the first event that is not taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rollcall.changes.events import events
from rollcall.storage import stream
from rollcall.storage.bus import Entry


class Bus(Protocol):
    """What events are published on."""

    def publish(self, entries: Sequence[Entry]) -> int:
        """Publish events in their order, and return how many were before the first that failed."""
        ...


@dataclass(frozen=True)
class Publication:
    """How many events some records mean, and of these how many are published.

    `next` is the sequence number of the record to go on with, empty when all are.
    """

    events: int
    published: int
    next: str = ""


def entries(records: Iterable[Mapping[str, Any]], issuer: str) -> list[tuple[str, Entry]]:
    """Return the events of some records, each with the sequence number of its record."""
    return [
        (change.sequence, Entry(each.type, each.detail, change.seconds))
        for change in stream.changes(records)
        for each in events(change, issuer)
    ]


def publish(records: Iterable[Mapping[str, Any]], to: Bus, issuer: str) -> Publication:
    """Publish the events of some records, in their order; `issuer` as `events` has it."""
    told = entries(records, issuer)
    published = to.publish([entry for _, entry in told])
    behind = "" if published == len(told) else told[published][0]
    return Publication(len(told), published, behind)
