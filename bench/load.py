"""The load: requests that are sent one after the other, or over several connections at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import chain
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Target:
    """Where the requests go: the base URL of a SCIM endpoint, and its token.

    An answer may take so many seconds as `patience` says.
    """

    url: str
    token: str
    patience: float = 30.0


@dataclass(frozen=True)
class Request:
    """A request, encoded before it is timed; the path follows the base URL."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """An answer, and the seconds until it was read."""

    status: int
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Answers:
    """The answers in the order of their requests, and the seconds that they took together."""

    answers: list[Answer]
    seconds: float


class Connection:
    """A connection that is kept open."""

    def __init__(self, target: Target) -> None:
        parts = urlsplit(target.url)
        assert parts.hostname is not None
        self._base = parts.path.rstrip("/")
        self._http: Any = HTTPConnection(parts.hostname, parts.port, timeout=target.patience)
        self._headers = {
            "Authorization": f"Bearer {target.token}",
            "Content-Type": "application/scim+json",
            "Accept": "application/scim+json",
        }

    def send(self, request: Request) -> Answer:
        """Send a request and read the answer."""
        begun = time.perf_counter()
        self._http.request(request.method, self._base + request.path, request.body, self._headers)
        response = self._http.getresponse()
        body = response.read()
        return Answer(response.status, body, time.perf_counter() - begun)

    def close(self) -> None:
        """Close it."""
        self._http.close()


def send(
    target: Target, requests: Sequence[Request], connections: int = 1, limit: float = float("inf")
) -> Answers:
    """Send requests over so many connections, none after `limit` seconds.

    Raises TimeoutError.
    """
    waiting = iter(enumerate(requests))
    begun = time.perf_counter()

    def sent() -> Iterator[tuple[int, Answer]]:
        connection = Connection(target)
        try:
            while time.perf_counter() < begun + limit:
                number, request = next(waiting, (-1, None))
                if request is None:
                    break
                yield number, connection.send(request)
        finally:
            connection.close()

    with ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(lambda _: list(sent()), range(connections)))
    seconds = time.perf_counter() - begun
    answers = dict(chain.from_iterable(parts))
    return Answers([answers[number] for number in sorted(answers)], seconds)
