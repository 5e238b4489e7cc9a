"""Clients that go on asking at a steady rate, and what they were answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx

RATE = 25
"""Requests a second, of all connections together: Entra's highest."""

_CONNECTIONS = 3
_SECONDS = 120.0
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass
class Load:
    """What was asked and answered until now; `name` is what its users' names begin with."""

    name: str
    answers: Counter[int] = field(default_factory=Counter)
    created: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def refused(self) -> int:
        """How many requests were not answered as they are when nothing happens."""
        fine = sum(number for status, number in self.answers.items() if status < 300)
        return self.answers.total() - fine + len(self.failures)

    def __str__(self) -> str:
        kinds = [f"{number} times {status}" for status, number in sorted(self.answers.items())]
        said = ", ".join([*kinds, *self.failures[:3]])
        return f"{said}, refused {self.refused}, slowest {self.slowest:.1f} s"


@contextmanager
def running(url: str, token: str) -> Iterator[Load]:
    """Create, find and read users until the block ends, each connection one request at a time."""
    load, over, numbers = Load(uuid4().hex[:8]), threading.Event(), count()
    headers = {"Authorization": f"Bearer {token}"}

    def ask() -> None:
        with httpx.Client(headers=headers, timeout=_SECONDS, trust_env=False) as client:
            due = time.monotonic()
            while not over.is_set():
                _timed(load, lambda: _request(client, url, next(numbers), load))
                due = max(due + _CONNECTIONS / RATE, time.monotonic() - 1)
                over.wait(max(0.0, due - time.monotonic()))

    threads = [threading.Thread(target=ask) for _ in range(_CONNECTIONS)]
    for each in threads:
        each.start()
    try:
        yield load
    finally:
        over.set()
        for each in threads:
            each.join()


def _timed(load: Load, ask: Callable[[], int]) -> None:
    begun = time.monotonic()
    try:
        load.answers[ask()] += 1
    except httpx.HTTPError as error:
        load.failures.append(type(error).__name__)
    load.slowest = max(load.slowest, time.monotonic() - begun)


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
