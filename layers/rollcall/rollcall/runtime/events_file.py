"""Change events of the local server, appended to a file instead of published on a bus."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rollcall.aws import stream_reader
from rollcall.aws.clients import connect_streams
from rollcall.aws.event_bus import SOURCE, EventEntry
from rollcall.aws.stream_reader import StreamReader
from rollcall.changes import publication
from rollcall.http.middleware import RequestLogger
from rollcall.operator_error import naming
from rollcall.runtime.background import logged
from rollcall.runtime.brake_watch import disable_watch
from rollcall.runtime.services import Services

TAIL_SECONDS = 0.2
"""How often the table's stream is read."""


@contextmanager
def lines(file: Path | None) -> Iterator[TextIO | None]:
    """Yield a file that lines are appended to, None without a file."""
    if file is None:
        yield None
        return
    with naming(file):
        opened = file.open("a", encoding="utf-8")
    with opened:
        yield opened


class _File:
    """A file instead of the bus: one event per line, in the envelope that EventBridge sends."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines

    def publish(self, entries: Sequence[EventEntry]) -> int:
        for each in entries:
            event = {
                "source": SOURCE,
                "detail-type": each.detail_type,
                "time": each.time.isoformat().replace("+00:00", "Z"),
                "detail": json.loads(each.detail),
            }
            self._lines.write(json.dumps(event, ensure_ascii=False) + "\n")
        self._lines.flush()
        return len(entries)


@contextmanager
def append_events(services: Services, lines: TextIO, log: RequestLogger) -> Iterator[None]:
    """Append the changes of the table to a file during a block, as the events of a deployment.

    A thread reads the table's stream, which has the changes by commands, too.
    """
    bus, stop = _File(lines), threading.Event()
    arn = stream_reader.enable(services.clients.dynamodb, services.table.name)
    stream = StreamReader(connect_streams(services.settings.endpoint_url), arn)

    watch = disable_watch(services, log)

    def read() -> None:
        for records in stream.pages():
            publication.publish(records, bus, services.settings.url)
            with logged("the watch over who is disabled", log):
                watch.look(records)

    def follow() -> None:
        last = False
        while not last:
            last = stop.wait(TAIL_SECONDS)  # one more page after the end, for the last changes
            with logged("reading change events", log):
                read()

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
