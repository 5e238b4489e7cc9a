"""The EventBridge bus on which change events are published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rollcall.aws.aws_errors import translated_errors
from rollcall.scim.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "rollcall"
"""The source that rules match to receive our events."""

MAX_ENTRIES = 10
MAX_BYTES = 256_000
"""The limits of one PutEvents call."""


@dataclass(frozen=True)
class EventEntry:
    """One event: its type and its detail as JSON. `at` is Unix time."""

    detail_type: str
    detail: str
    at: int

    @property
    def time(self) -> datetime:
        """The time of the event."""
        return datetime.fromtimestamp(self.at, UTC)

    @property
    def size(self) -> int:
        """The bytes that it counts for, slightly more than its own."""
        return len(self.detail.encode()) + len(self.detail_type) + 100


class EventBus:
    """One bus."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self.client = client
        self._name = name

    def create(self) -> None:
        """Create the bus, in an emulator; in a deployment the template does."""
        self.client.create_event_bus(Name=self._name)

    def publish(self, entries: Sequence[EventEntry]) -> int:
        """Publish events in order; return how many were published before the first that failed.

        Later ones may have been published too, so a retry of the rest may repeat some.
        """
        done = 0
        for batch in _batches(entries):
            requests: list[Any] = [
                {
                    "Source": SOURCE,
                    "DetailType": each.detail_type,
                    "Detail": each.detail,
                    "EventBusName": self._name,
                    "Time": each.time,
                }
                for each in batch
            ]
            try:
                with translated_errors():
                    answer = self.client.put_events(Entries=requests)
            except Unavailable:
                return done
            if answer["FailedEntryCount"]:
                refused = ("ErrorCode" in each for each in answer["Entries"])
                return done + list(refused).index(True)
            done += len(batch)
        return done


def _batches(entries: Sequence[EventEntry]) -> Iterator[list[EventEntry]]:
    batch: list[EventEntry] = []
    size = 0
    for entry in entries:
        if batch and (len(batch) == MAX_ENTRIES or size + entry.size > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += entry.size
    if batch:
        yield batch
