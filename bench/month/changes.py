"""What becomes of the changes: the records of the table's stream, by the function that reads it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any, cast

from bench.month.usage import Log, Usage
from events.template import Template
from rollcall.aws import stream_reader
from rollcall.aws.clients import connect_streams
from rollcall.aws.event_bus import EventBus, EventEntry
from rollcall.aws.stream_reader import StreamReader
from rollcall.runtime import changes_function
from rollcall.runtime.json_log import logger
from rollcall.runtime.services import Services

BATCH = 100
ENTRIES = 10
"""The records of one event, and the events in one call of EventBridge at most."""


class _Bus:
    """A bus that only counts."""

    def __init__(self) -> None:
        self.events = self.calls = 0

    def publish(self, entries: Sequence[EventEntry]) -> int:
        self.events += len(entries)
        self.calls += -(-len(entries) // ENTRIES)
        return len(entries)


class Changes:
    """The function of the change events: its invocations and the events that it publishes."""

    def __init__(self, services: Services, database: str) -> None:
        arn = stream_reader.enable(services.clients.dynamodb, services.table.name)
        self._stream = StreamReader(connect_streams(database), arn, "TRIM_HORIZON")
        self._log, self._bus = Log(), _Bus()
        events = Template().functions()["ChangesFunction"]["Events"]
        filters = events["Stream"]["Properties"]["FilterCriteria"]["Filters"]
        self._patterns = [json.loads(each["Pattern"]) for each in filters]
        self.usage = Usage()
        self.events = self.calls = 0

    def follow(self) -> None:
        """Hand over the records since the last call, as Lambda does after a second."""
        records = [
            record
            for page in self._stream.pages()
            for record in page
            if any(passes(pattern, record) for pattern in self._patterns)
        ]
        for begin in range(0, len(records), BATCH):
            self._publish(records[begin : begin + BATCH])

    def begin(self) -> None:
        """Count from nothing."""
        self.usage, self._bus.events, self._bus.calls = Usage(), 0, 0

    def json(self) -> dict[str, float]:
        """Return the figures."""
        return {**self.usage.json(), "events": self._bus.events, "calls": self._bus.calls}

    def _publish(self, records: list[Any]) -> None:
        lines, size = self._log.lines, self._log.bytes
        with redirect_stdout(cast("Any", self._log)):
            begun = time.process_time()
            bus = cast("EventBus", self._bus)
            changes_function.publish(records, bus, "https://scim.example.com", logger(self._log))  # type: ignore[arg-type]
            spent = time.process_time() - begun
        lines, size = self._log.lines - lines, self._log.bytes - size
        self.usage.add(Usage(1, spent, log_lines=lines, log_bytes=size))


def passes(pattern: Mapping[str, Any], content: Any) -> bool:
    """Tell whether a filter lets a record through: a list holds what a value may be."""
    for name, wanted in pattern.items():
        found = content.get(name) if isinstance(content, Mapping) else None
        if isinstance(wanted, list):
            if not any(_matches(each, found) for each in wanted):
                return False
        elif not passes(wanted, found):
            return False
    return True


def _matches(wanted: Any, found: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(wanted == found)
    ((rule, text),) = wanted.items()
    tests = {"prefix": str.startswith, "suffix": str.endswith}
    return isinstance(found, str) and tests[rule](found, text)
