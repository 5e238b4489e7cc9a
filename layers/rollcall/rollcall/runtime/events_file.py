"""Change events of the local server, appended to a file in the place of a bus."""

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
from rollcall.runtime.services import Services

TAIL_SECONDS = 0.2
"""How often the table's stream is read."""


@contextmanager
def lines(file: Path | None) -> Iterator[TextIO | None]:
    """Yield a file that lines are appended to, None where none is named."""
    if file is None:
        yield None
        return
    with naming(file):
        lines = file.open("a", encoding="utf-8")
    with lines:
        yield lines


class _File:
    """A file in the place of the bus: an event a line, in the envelope that a rule hands on."""

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
def told(services: Services, lines: TextIO, log: RequestLogger) -> Iterator[None]:
    """Append to a file what changes in the table meanwhile, as the events of a deployment.

    Whoever writes, commands too: the table's stream tells it, read by a thread.
    """
    bus, over = _File(lines), threading.Event()
    arn = stream_reader.enable(services.clients.dynamodb, services.table.name)
    stream = StreamReader(connect_streams(services.settings.endpoint_url), arn)

    def read() -> None:
        for records in stream.pages():
            publication.publish(records, bus, services.settings.url)

    def tell() -> None:
        last = False
        while not last:
            last = over.wait(TAIL_SECONDS)  # once more, for what was written just before the end
            with logged("reading change events", log):
                read()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
