"""A proxy on loopback between the SDK and the emulator, which makes calls fail in every way."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit


class Fault(StrEnum):
    """What happens to one try of a call."""

    CUT_BODY = "half the body"
    CUT_HEADERS = "half the headers"
    CUT_REFUSAL = "half of a refusal"
    RESET_BEFORE = "reset before"
    RESET_AFTER = "reset after"
    FAILED = "failed, 500"
    FAILED_AFTER = "done, yet 500"
    PROSE = "a page in the place of an answer"
    THROTTLED = "throttled"
    DELAYED = "delayed"


DONE = frozenset({Fault.CUT_BODY, Fault.CUT_HEADERS, Fault.RESET_AFTER, Fault.FAILED_AFTER})
"""The faults of calls that were made all the same."""

DELAY = 0.05
"""The seconds of a delay."""

_PAGE = b"<!doctype html><p>bad gateway"

Choose = Callable[[str], Fault | None]
"""Given the name of an operation, what happens to this try of it."""


def _nothing(_: str) -> Fault | None:
    return None


class Proxy:
    """The proxy at `url`. `choose` is asked for each try; `counted` is what was done, by kind."""

    def __init__(self, url: str, upstream: str) -> None:
        self.url = url
        self.upstream = upstream
        self.choose: Choose = _nothing
        self.counted: Counter[Fault] = Counter()
        self.tries = 0
        self._lock = Lock()

    @contextmanager
    def faults(self, choose: Choose) -> Iterator[Counter[Fault]]:
        """Let faults happen meanwhile; yields how many do, by kind."""
        self.counted, self.choose = Counter(), choose
        try:
            yield self.counted
        finally:
            self.choose = _nothing

    def fault(self, operation: str) -> Fault | None:
        """Choose what happens to a try, and count it."""
        with self._lock:
            self.tries += 1
            if (chosen := self.choose(operation)) is not None:
                self.counted[chosen] += 1
        return chosen


def first(number: int, fault: Fault, operation: str = "") -> Choose:
    """Return what does this to the first tries, of one operation if it is named."""
    left = [fault] * number

    def choose(called: str) -> Fault | None:
        return left.pop() if left and operation in ("", called) else None

    return choose


def always(fault: Fault, operation: str = "") -> Choose:
    """Return what does this to every try, of one operation if it is named."""
    return lambda called: fault if operation in ("", called) else None


@contextmanager
def between(upstream: str) -> Iterator[Proxy]:
    """Serve a proxy of a server's URL while the block lasts."""
    with ThreadingTCPServer(("127.0.0.1", 0), _Handler, bind_and_activate=True) as server:
        server.daemon_threads = True
        proxy = Proxy(f"http://127.0.0.1:{server.server_address[1]}", upstream)
        server.proxy = proxy  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class _Call:
    """One request as it came."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def operation(self) -> str:
        """Its name where the request says it; of S3 the method and whether it is of an object."""
        named = dict(self.headers).get("x-amz-target", "")
        if named:
            return named.rpartition(".")[2]
        if form := parse_qs(self.body.decode(errors="ignore")).get("Action"):
            return form[0]
        return f"{self.method} {'object' if self.path.count('/') > 1 else 'bucket'}"


class _Handler(StreamRequestHandler):
    """One connection of the SDK."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._proxy: Proxy = self.server.proxy  # type: ignore[attr-defined]
        target = urlsplit(self._proxy.upstream)
        assert target.hostname is not None
        self._upstream = http.client.HTTPConnection(target.hostname, target.port, timeout=60)
        try:
            while (call := self._read()) is not None and self._pass(call):
                pass
        except OSError:
            pass  # the client has gone
        finally:
            self._upstream.close()

    def _read(self) -> _Call | None:
        line = self.rfile.readline().decode("latin-1").split()
        if not line:
            return None
        found = http.client.parse_headers(self.rfile)
        if found.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(int(found.get("Content-Length", 0)))
        kept = [(name.lower(), value) for name, value in found.items() if name.lower() != "expect"]
        return _Call(line[0], line[1], kept, body)

    def _pass(self, call: _Call) -> bool:
        """Answer a call; False when the connection is over."""
        match self._proxy.fault(call.operation):
            case Fault.RESET_BEFORE:
                return self._reset()
            case Fault.RESET_AFTER:
                self._forward(call)
                return self._reset()
            case Fault.CUT_BODY:
                head, body = self._forward(call)
                self.wfile.write(head + body[: len(body) // 2])
                return False
            case Fault.CUT_HEADERS:
                head, _ = self._forward(call)
                self.wfile.write(head[: head.index(b"\r\n") + 2])
                return False
            case Fault.CUT_REFUSAL:
                head, body = _throttled(call)
                self.wfile.write(head + body[: len(body) // 2])
                return False
            case Fault.FAILED:
                self.wfile.write(_head(500, b""))
            case Fault.FAILED_AFTER:
                self._forward(call)
                self.wfile.write(_head(500, b""))
            case Fault.PROSE:
                self.wfile.write(_head(502, _PAGE) + _PAGE)
            case Fault.THROTTLED:
                self.wfile.write(b"".join(_throttled(call)))
            case fault:
                if fault is Fault.DELAYED:
                    time.sleep(DELAY)
                self.wfile.write(b"".join(self._forward(call)))
        return True

    def _forward(self, call: _Call) -> tuple[bytes, bytes]:
        """Make the call; return its answer's headers and body."""
        self._upstream.putrequest(call.method, call.path, skip_host=True, skip_accept_encoding=True)
        for name, value in call.headers:
            self._upstream.putheader(name, value)
        self._upstream.endheaders(call.body)
        answer = self._upstream.getresponse()
        body = answer.read()
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        dropped = ("transfer-encoding", "content-length", "connection")
        lines += [
            f"{key}: {value}" for key, value in answer.getheaders() if key.lower() not in dropped
        ]
        if answer.status != 204:
            lines.append(f"content-length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1"), body

    def _reset(self) -> bool:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        return False


def _head(status: int, body: bytes) -> bytes:
    kind = "application/x-amz-json-1.0"
    head = (
        f"HTTP/1.1 {status} injected\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode()


def _throttled(call: _Call) -> tuple[bytes, bytes]:
    """Return the answer with which a service says that this is too much at once."""
    target = dict(call.headers).get("x-amz-target", "")
    if not target:
        error = b"<Error><Code>SlowDown</Code><Message>injected</Message></Error>"
        body = (
            error
            if "object" in call.operation or "bucket" in call.operation
            else (b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>")
        )
        return _head(503, body), body
    code = "ThrottlingException"
    if target.startswith("DynamoDB"):
        code = "ProvisionedThroughputExceededException"
    body = json.dumps({"__type": f"injected#{code}", "message": "injected"}).encode()
    return _head(400, body), body
