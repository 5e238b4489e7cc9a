"""A bounded reader of URLs that are input: hosts of a list, no redirects, little text, little time.

It opens its connections itself: a pool of connections would retry, redirect and go through proxies.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPException
from socket import SHUT_RDWR, socket
from threading import Event, Timer
from urllib.parse import SplitResult, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

SECONDS = 5.0
"""How long reading a URL takes at most, from the request to the last byte."""

CONNECT_SECONDS = 2.0
"""How long one address of a host is waited for."""

MAX_BYTES = 65_536

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "rollcall"}


class UrlForbidden(Exception):  # noqa: N818
    """A URL that may not be read."""


class NotRead(Exception):  # noqa: N818
    """A URL that could not be read now; the message says why and has the server as its subject."""


class HttpsReader:
    """Reads from some hosts, by HTTPS; with `loopback` from 127.0.0.1 by HTTP, too."""

    def __init__(
        self,
        hosts: Collection[str],
        *,
        loopback: bool = False,
        seconds: float = SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`context` says which certificates are trusted, by default those of the system."""
        self._hosts = frozenset(hosts)
        self._loopback = loopback
        self._seconds = seconds
        self._context = context

    def read(self, url: str) -> bytes:
        """Return what a GET answers. Raises UrlForbidden and NotRead."""
        parts = self._checked(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        with closing(self._connection(parts)) as connection:
            try:
                connection.connect()
                connection.timeout = self._seconds
                with _interrupted(connection.sock, self._seconds):
                    connection.request(
                        "GET", target, headers=_HEADERS, preload_content=False, decode_content=False
                    )
                    with closing(connection.getresponse()) as response:
                        status, body = response.status, response.read(MAX_BYTES + 1)
            except (HTTPError, HTTPException, OSError, ValueError) as error:
                raise NotRead(f"it cannot be reached: {type(error).__name__}") from error
        if status != 200:
            raise NotRead(f"it answers {status}")
        if len(body) > MAX_BYTES:
            raise NotRead(f"it answers with more than {MAX_BYTES} bytes")
        return body

    def _checked(self, url: str) -> SplitResult:
        """Return the parts of a URL that may be read."""
        try:
            parts = urlsplit(url)
            own = parts.hostname == "127.0.0.1" and parts.port is not None
        except ValueError as error:
            raise UrlForbidden("it is no URL") from error
        if "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
            raise UrlForbidden("it is no plain URL")
        if parts.scheme == "http" and own and self._loopback:
            return parts
        if parts.scheme != "https" or parts.netloc not in self._hosts:
            raise UrlForbidden(f"{parts.scheme}://{parts.netloc} is not read")
        return parts

    def _connection(self, parts: SplitResult) -> HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "http":
            return HTTPConnection(host, parts.port, timeout=CONNECT_SECONDS)
        context = self._context or ssl.create_default_context()
        return HTTPSConnection(host, parts.port, timeout=CONNECT_SECONDS, ssl_context=context)


@contextmanager
def _interrupted(connection: socket, seconds: float) -> Iterator[None]:
    """End a connection after some seconds: a timeout of its own is that of each read alone.

    Raises TimeoutError then, whatever was read.
    """
    over = Event()

    def end() -> None:
        over.set()
        with suppress(OSError):  # it is closed
            # An SSLSocket's own would forget the encryption while another thread reads.
            socket.shutdown(connection, SHUT_RDWR)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if over.is_set():
            raise TimeoutError
