"""Connections of HTTP/1.1 to one host, for requests and answers that fit into memory.

The SDK's session would send head and body apart, look for proxies and read headers as those of an
e-mail for every call: half of the CPU that a read of one item takes.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from select import POLLIN, poll
from ssl import SSLContext, SSLError
from typing import BinaryIO, NamedTuple, cast
from urllib.parse import SplitResult, urlsplit
from weakref import finalize

from botocore import exceptions

_MAX_LINE = 65_536


class HttpAnswer(NamedTuple):
    """A whole answer, with the attributes of the SDK's; the names of headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class IncompleteAnswerError(OSError):
    """The connection was closed before the end of the answer, or what came is no HTTP."""


@dataclass(frozen=True)
class HttpOptions:
    """How connections are made: seconds to connect, and TLS for https."""

    connect_timeout: float
    tls: SSLContext
    most_idle: int


class HttpConnections:
    """The connections to the host of a URL, kept open for the next request."""

    def __init__(self, url: str, options: HttpOptions) -> None:
        self._url = url
        self._parts: SplitResult = urlsplit(url)
        self._options = options
        self._idle: deque[_Connection] = deque()
        finalize(self, _close, self._idle)

    def send(self, request: bytes, read_timeout: float) -> HttpAnswer:
        """Send a request and return its answer; `read_timeout` is how long one read waits.

        Raises what the SDK's session raises: an error that its retries know.
        """
        connection = self._open()
        try:
            answer = connection.exchange(request, read_timeout)
        except TimeoutError as error:
            connection.close()
            raise exceptions.ReadTimeoutError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            connection.close()
            raise exceptions.ConnectionClosedError(endpoint_url=self._url, error=error) from error
        except BaseException:
            connection.close()
            raise
        is_last = answer.headers.get("connection", "").lower() == "close"
        if is_last or len(self._idle) >= self._options.most_idle:
            connection.close()
        else:
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Close the connections that are not in use."""
        _close(self._idle)

    def _open(self) -> _Connection:
        """Return a connection that was not closed meanwhile, or a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect()
            if connection.is_quiet():
                return connection
            connection.close()

    def _connect(self) -> _Connection:
        host, options = self._parts.hostname or "", self._options
        is_https = self._parts.scheme == "https"
        port = self._parts.port or (443 if is_https else 80)
        try:
            connected = socket.create_connection((host, port), options.connect_timeout)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if is_https:
                connected = options.tls.wrap_socket(connected, server_hostname=host)
        except TimeoutError as error:
            raise exceptions.ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except SSLError as error:
            raise exceptions.SSLError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise exceptions.EndpointConnectionError(endpoint_url=self._url, error=error) from error
        return _Connection(connected)


def _close(connections: deque[_Connection]) -> None:
    while connections:
        connections.pop().close()


class _Connection:
    """One connection, used by one request at a time."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._stream = cast(BinaryIO, connected.makefile("rb", _MAX_LINE))
        self._timeout = connected.gettimeout()
        self._poll = poll()
        self._poll.register(connected, POLLIN)

    def is_quiet(self) -> bool:
        """Tell whether nothing came since the last answer, not even the end."""
        return not self._poll.poll(0)

    def exchange(self, request: bytes, read_timeout: float) -> HttpAnswer:
        """Send a request and read the whole answer. Raises OSError."""
        if read_timeout != self._timeout:
            self._socket.settimeout(read_timeout)
            self._timeout = read_timeout
        self._socket.sendall(request)
        read = self._stream.readline
        words = read(_MAX_LINE).split(None, 2)
        headers = {}
        while (line := read(_MAX_LINE)) != b"\r\n":
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise IncompleteAnswerError("the headers of an answer are not complete")
            headers[name.lower()] = value.strip()
        if len(words) < 2 or words[0] not in (b"HTTP/1.1", b"HTTP/1.0") or not words[1].isdigit():
            raise IncompleteAnswerError("an answer does not begin as one")
        if words[0] == b"HTTP/1.0":
            headers.setdefault("connection", "close")
        return HttpAnswer(int(words[1]), headers, self._body(headers))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()

    def _body(self, headers: Mapping[str, str]) -> bytes:
        """Read a body of known length. AWS always says how long one is."""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        length = headers.get("content-length", "")
        if not length.isdigit():
            raise IncompleteAnswerError("an answer does not say how long it is")
        return self._read(int(length))

    def _chunk(self) -> bytes:
        try:
            size = int(self._line().partition(b";")[0], 16)
        except ValueError as error:
            raise IncompleteAnswerError("a chunk of an answer has no size") from error
        chunk = self._read(size)
        while self._line() and not size:  # after the last chunk come trailers
            pass
        return chunk

    def _line(self) -> bytes:
        line = self._stream.readline(_MAX_LINE)
        if not line.endswith(b"\n"):
            raise IncompleteAnswerError("a chunk of an answer is not complete")
        return line.strip()

    def _read(self, size: int) -> bytes:
        content = self._stream.read(size)
        if len(content) < size:
            raise IncompleteAnswerError("the body of an answer is not complete")
        return content
