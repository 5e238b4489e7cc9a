"""A meter between Rollcall and its database: the calls, and the units that the engine reports.

It is on the wire, so that it counts what is sent, by whatever client.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.process import LOOPBACK

READS = {"BatchGetItem", "GetItem", "Query", "Scan"}
WRITES = {"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"}
"""The calls of DynamoDB that tell what they consumed, when they are asked."""


@dataclass
class Use:
    """Round trips, and request units of the table and its indexes."""

    calls: int = 0
    reads: float = 0.0
    writes: float = 0.0

    def count(self, operation: str, answer: Any) -> None:
        """Add a call."""
        reported = answer.get("ConsumedCapacity", [])
        tables = reported if isinstance(reported, list) else [reported]
        units = sum(float(each["CapacityUnits"]) for each in tables)
        self.calls += 1
        if operation in READS:
            self.reads += units
        else:
            self.writes += units

    def since(self, before: Use, requests: int) -> Use:
        """Return what each of some requests has used since an earlier moment."""
        return Use(
            round((self.calls - before.calls) / requests),
            (self.reads - before.reads) / requests,
            (self.writes - before.writes) / requests,
        )


class Meter(ThreadingHTTPServer):
    """Passes calls on to a database at a port, and counts them."""

    daemon_threads = True

    def __init__(self, database: int) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.database = database
        self.use = Use()
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Meter

    def setup(self) -> None:
        super().setup()
        self._database = HTTPConnection(LOOPBACK, self.server.database, timeout=60)

    def finish(self) -> None:
        self._database.close()
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        metered = operation in READS | WRITES
        if metered:
            body = json.dumps({**json.loads(body), "ReturnConsumedCapacity": "TOTAL"}).encode()
        passed = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in {"content-length", "host", "accept-encoding"}
        }
        self._database.request("POST", self.path, body, passed)
        answer = self._database.getresponse()
        said = answer.read()
        if metered:
            with self.server.lock:
                self.server.use.count(operation, json.loads(said))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Write no line of each call."""


@contextmanager
def running(database: int) -> Iterator[Meter]:
    """Run a meter in front of a database at a port until the block ends."""
    meter = Meter(database)
    thread = threading.Thread(target=meter.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield meter
    finally:
        meter.shutdown()
        meter.server_close()
        thread.join()
