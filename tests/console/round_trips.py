"""How many calls to AWS follow one another: calls that are made at once take one round trip.

What is counted is the longest way through the reads of a page, whatever the machine does meanwhile:
reads of `at_once` are beside each other, as many as it has threads for, all others one after the
other. Work in a thread of its own is not waited for, and does not count.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest

from rollcall.runtime.services import Services
from rollcall.storage import parallel_reads


@dataclass
class RoundTrips:
    """What was read one after the other: calls by their names, and reads that were made at once."""

    steps: list[str | Fork] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many round trips that takes."""
        return sum(1 if isinstance(each, str) else each.number for each in self.steps)

    def __str__(self) -> str:
        return " then ".join(map(str, self.steps)) or "nothing"


@dataclass
class Fork:
    """Reads that are made at once, by so many threads."""

    threads: int
    reads: list[RoundTrips] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many round trips the busiest thread makes."""
        threads = [0] * self.threads
        for read in self.reads:
            heapq.heapreplace(threads, threads[0] + read.number)
        return max(threads)

    def __str__(self) -> str:
        return f"({' | '.join(map(str, self.reads))})"


_PLACE: ContextVar[RoundTrips] = ContextVar("place")


@contextmanager
def counted(services: Services) -> Iterator[RoundTrips]:
    """Count the round trips of what is done meanwhile."""
    first, elsewhere = RoundTrips(), RoundTrips()

    class CountedPool(ThreadPoolExecutor):
        """The pool of `at_once`, which notes what its reads do."""

        def __init__(self, threads: int) -> None:
            super().__init__(threads)
            self._fork = Fork(threads)
            _PLACE.get(elsewhere).steps.append(self._fork)

        def map(self, fn: Callable[..., Any], *iterables: Any, **_: Any) -> Any:
            contexts, _reads = iterables
            for context in contexts:
                place = RoundTrips()
                self._fork.reads.append(place)
                context.run(_PLACE.set, place)
            return super().map(fn, *iterables)

    def note(model: Any, **_: object) -> None:
        _PLACE.get(elsewhere).steps.append(model.name)

    clients = services.clients
    events = (clients.dynamodb.meta.events, clients.secretsmanager.meta.events)
    with pytest.MonkeyPatch.context() as patch:
        token = _PLACE.set(first)
        patch.setattr(parallel_reads, "ThreadPoolExecutor", CountedPool)
        for each in events:
            each.register("before-call", note)
        try:
            yield first
        finally:
            _PLACE.reset(token)
            for each in events:
                each.unregister("before-call", note)
