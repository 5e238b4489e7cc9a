"""Clients that send requests at a steady rate, and the answers that they got."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

RATE = 25
"""Requests a second: Entra's highest. What is late for want of a connection is made up for."""

_CONNECTIONS = 10
"""Each connection may cost the emulator another process of a function."""
_SECONDS = 120.0
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass
class Load:
    """The requests and answers so far; the names of its users begin with `name`."""

    name: str
    answers: Counter[int] = field(default_factory=Counter)
    created: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def record(self, outcome: int | str, seconds: float) -> None:
        """Count the status of an answer, or the failure of a request."""
        with self._lock:
            if isinstance(outcome, int):
                self.answers[outcome] += 1
            else:
                self.failures.append(outcome)
            self.slowest = max(self.slowest, seconds)

    @property
    def refused(self) -> int:
        """The number of requests with an unusual answer."""
        fine = sum(number for status, number in self.answers.items() if status < 300)
        return self.answers.total() - fine + len(self.failures)

    @property
    def rate(self) -> float:
        """The requests that were sent per second; 0 until the load has ended."""
        sent = self.answers.total() + len(self.failures)
        return sent / self.seconds if self.seconds else 0.0

    def __str__(self) -> str:
        kinds = [f"{number} times {status}" for status, number in sorted(self.answers.items())]
        text = ", ".join([*kinds, *self.failures[:3]])
        return (
            f"{text} at {self.rate:.0f} a second, refused {self.refused}, "
            f"slowest {self.slowest:.1f} s"
        )


@contextmanager
def running(url: str, token: str) -> Iterator[Load]:
    """Create, find and read users until the block ends, `RATE` requests a second."""
    load, over = Load(uuid4().hex[:8]), threading.Event()
    client = httpx.Client(
        headers={"Authorization": f"Bearer {token}"},
        timeout=_SECONDS,
        trust_env=False,
        limits=httpx.Limits(max_connections=_CONNECTIONS),
    )
    with client, ThreadPoolExecutor(_CONNECTIONS) as connections:
        clock = threading.Thread(target=_send, args=(connections, client, url, load, over))
        clock.start()
        try:
            yield load
        finally:
            over.set()
            clock.join()


def _send(
    connections: ThreadPoolExecutor,
    client: httpx.Client,
    url: str,
    load: Load,
    over: threading.Event,
) -> None:
    """Send each request when it is due, until the load is over."""
    begun = time.monotonic()
    for number in count():
        connections.submit(_timed, client, url, number, load)
        if over.wait(max(0.0, begun + (number + 1) / RATE - time.monotonic())):
            break
    load.seconds = time.monotonic() - begun


def _timed(client: httpx.Client, url: str, number: int, load: Load) -> None:
    begun = time.monotonic()
    outcome: int | str
    try:
        outcome = _request(client, url, number, load)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        outcome = type(error).__name__
    load.record(outcome, time.monotonic() - begun)


def _request(client: httpx.Client, url: str, number: int, load: Load) -> int:
    if number % 3 == 0:
        body: Any = {"schemas": [_USER], "userName": f"{load.name}-{number}@acme.example"}
        answer = client.post(f"{url}/Users", json=body)
        if answer.is_success:
            load.created.append(answer.json()["id"])
    elif number % 3 == 1 or not load.created:
        answer = client.get(f'{url}/Users?filter=userName eq "{load.name}-{number}@acme.example"')
    else:
        answer = client.get(f"{url}/Users/{load.created[-1]}")
    return answer.status_code
