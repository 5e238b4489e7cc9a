"""One HTTP request and its answer, bounded in time and in size.

The standard library's client sends each request once, on a connection of its own: no redirects,
which would carry the token elsewhere, and no retries, which would create a user twice.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

SECONDS = 30.0
"""How long one request may take, from the connection to the last byte."""

MAX_BYTES = 4 * 1024 * 1024
"""The maximum size of an answer."""


class NoAnswerError(Exception):
    """There is no complete answer; the message says why."""


@dataclass(frozen=True)
class RawAnswer:
    """The status, headers and body of an answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def exchange(
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes | None = None,
    seconds: float = SECONDS,
) -> RawAnswer:
    """Send a request and return its answer. Raises NoAnswerError."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    with _connection(url, seconds) as (connection, deadline):
        expired = deadline.expired
        try:
            connection.connect()
            deadline.watch(connection.sock)
            connection.request(method, target or "/", content, dict(headers))
            answer = connection.getresponse()
            body = answer.read(MAX_BYTES + 1)
        except (OSError, HTTPException, ValueError) as error:
            if expired or isinstance(error, TimeoutError):
                raise NoAnswerError(f"no complete answer within {seconds:g} s") from error
            raise NoAnswerError(_reason(error)) from error
    if expired:  # a body without a length ends where the connection is shut
        raise NoAnswerError(f"no complete answer within {seconds:g} s")
    if len(body) > MAX_BYTES:
        raise NoAnswerError(f"the answer is larger than {MAX_BYTES // 1024**2} MiB")
    return RawAnswer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)


class _Deadline:
    """Shuts a connection when the time is over, however slowly its bytes arrive."""

    def __init__(self, connection: HTTPConnection, seconds: float) -> None:
        self.expired: list[bool] = []
        self._connection = connection
        self._socket: socket.socket | None = None
        self.timer = Timer(seconds, self._shut)
        self.timer.daemon = True
        self.timer.start()

    def watch(self, connected: socket.socket) -> None:
        """Note the socket: the connection forgets it before a body without a length is read."""
        self._socket = connected
        if self.expired:
            self._shut()

    def _shut(self) -> None:
        self.expired.append(True)
        connected = self._socket or self._connection.sock
        if connected is not None:
            with suppress(OSError):
                # Not the method of a TLS socket, from which the other thread is reading.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)


@contextmanager
def _connection(url: str, seconds: float) -> Iterator[tuple[HTTPConnection, _Deadline]]:
    parts = urlsplit(url)
    connection = (
        HTTPSConnection(parts.netloc, timeout=seconds, context=ssl.create_default_context())
        if parts.scheme == "https"
        else HTTPConnection(parts.netloc, timeout=seconds)
    )
    deadline = _Deadline(connection, seconds)
    try:
        yield connection, deadline
    finally:
        deadline.timer.cancel()
        connection.close()


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {error.verify_message}"
    if isinstance(error, OSError):
        return error.strerror or str(error) or "the connection was closed"
    return f"the answer is no HTTP: {type(error).__name__}"
