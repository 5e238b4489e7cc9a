"""The publication of what stream records mean, up to the first event that is not taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rollcall.aws.event_bus import EventEntry
from rollcall.changes.change_events import change_events
from rollcall.storage import item_changes


class EventPublisher(Protocol):
    """What events are published on."""

    def publish(self, entries: Sequence[EventEntry]) -> int:
        """Publish events in their order, and return how many were before the first that failed."""
        ...


@dataclass(frozen=True)
class PublishedEvent:
    """An event as it is published, and the tenant and the sequence number of its record."""

    tenant: str
    sequence: str
    entry: EventEntry


@dataclass(frozen=True)
class Publication:
    """How many events some records mean, and of these how many are published.

    `next` is the sequence number of the record to go on with, empty when all are.
    """

    events: int
    published: int
    next: str = ""


def published_events(records: Iterable[Mapping[str, Any]], issuer: str) -> list[PublishedEvent]:
    """Return the events of some records; `issuer` as `events` has it."""
    return [
        PublishedEvent(
            change.tenant, change.sequence, EventEntry(each.type, each.detail, change.seconds)
        )
        for change in item_changes.changes(records)
        for each in change_events(change, issuer)
    ]


def publish(records: Iterable[Mapping[str, Any]], to: EventPublisher, issuer: str) -> Publication:
    """Publish the events of some records, in their order."""
    found = published_events(records, issuer)
    published = to.publish([each.entry for each in found])
    behind = "" if published == len(found) else found[published].sequence
    return Publication(len(found), published, behind)
