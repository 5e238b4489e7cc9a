"""A proxy before DynamoDB that records the calls of a request, and answers them again as recorded.

So a bare client can make the same calls and gets the same answers, whatever the request changed.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from bench.process import LOOPBACK


@dataclass(frozen=True)
class Exchange:
    """One call: its operation, its parameters, and the bytes of its answer."""

    operation: str
    parameters: dict[str, Any]
    answer: bytes


@dataclass
class Exchanges:
    """The proxy: it forwards and records calls, unless there are answers to give again."""

    port: int
    recorded: list[Exchange] = field(default_factory=list)
    _again: Iterator[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of the proxy."""
        return f"http://{LOOPBACK}:{self.port}"

    def record(self) -> None:
        """Begin a recording."""
        self.recorded, self._again = [], None

    def repeat(self, exchanges: list[Exchange]) -> None:
        """Answer with what was recorded, in its order, and again from the first."""
        self._again = cycle([each.answer for each in exchanges])

    def answer(self, head: bytes, body: bytes, engine: Any) -> bytes:
        """Return the answer to one call."""
        if self._again is not None:
            return next(self._again)
        engine.write(head + body)
        engine.flush()
        answer = b"".join(_message(engine))
        target = _header(head, b"x-amz-target").decode().rpartition(".")[2]
        parameters = json.loads(body)
        parameters.pop("ClientRequestToken", None)  # the SDK makes one for every call
        self.recorded.append(Exchange(target, parameters, answer))
        return answer


@contextmanager
def proxy(engine_port: int) -> Iterator[Exchanges]:
    """Run the proxy before an engine on a port of loopback until the block ends."""

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True
        wbufsize = -1

        def handle(self) -> None:
            with (
                socket.create_connection((LOOPBACK, engine_port)) as connection,
                connection.makefile("rwb") as engine,
            ):
                while True:
                    head, body = _message(self.rfile)
                    if not head:
                        return
                    self.wfile.write(exchanges.answer(head, body, engine))
                    self.wfile.flush()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server((LOOPBACK, 0), Handler) as server:
        exchanges = Exchanges(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield exchanges
        finally:
            server.shutdown()


def _message(stream: Any) -> tuple[bytes, bytes]:
    """Read one message of HTTP/1.1: its head and its body, both empty at the end."""
    lines = []
    while (line := stream.readline()) not in (b"", b"\r\n"):
        lines.append(line)
    if not lines:
        return b"", b""
    head = b"".join([*lines, b"\r\n"])
    return head, stream.read(int(_header(head, b"content-length") or 0))


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return b""
