"""Publication of the events of stream records, up to the first event that is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rollcall.aws.event_bus import EventEntry
from rollcall.changes.change_events import change_events
from rollcall.model.release_tenant import is_release_tenant
from rollcall.storage import item_changes


class EventPublisher(Protocol):
    """A bus that events are published on."""

    def publish(self, entries: Sequence[EventEntry]) -> int:
        """Publish events in order; return how many were published before the first failure."""
        ...


@dataclass(frozen=True)
class PublishedEvent:
    """An event as it is published, and the tenant and the sequence number of its record."""

    tenant: str
    sequence: str
    entry: EventEntry


@dataclass(frozen=True)
class Publication:
    """How many events some records have, and how many of them are published.

    `next` is the sequence number of the first record that is not published, or empty.
    """

    events: int
    published: int
    next: str = ""


def published_events(records: Iterable[Mapping[str, Any]], issuer: str) -> list[PublishedEvent]:
    """Return the events of some records; `issuer` is the URL of the deployment."""
    return [
        PublishedEvent(
            change.tenant, change.sequence, EventEntry(event.type, event.detail, change.seconds)
        )
        for change in item_changes.changes(records)
        if not is_release_tenant(change.tenant)
        for event in change_events(change, issuer)
    ]


def publish(records: Iterable[Mapping[str, Any]], to: EventPublisher, issuer: str) -> Publication:
    """Publish the events of some records, in their order."""
    events = published_events(records, issuer)
    published = to.publish([event.entry for event in events])
    next_sequence = "" if published == len(events) else events[published].sequence
    return Publication(len(events), published, next_sequence)
