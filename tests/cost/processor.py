"""The processor's time that a request takes, without what the AWS in memory takes of it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time, thread_time
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber

from tests.cost.requests import Sent

FLOOR = 0.02
"""The seconds that the shorter of two times counts for at least: less says nothing of growth."""

MAX_RATIO = 6
"""How many times as long four times as much may take."""


SECONDS = 1.0
SECONDS_OF_EACH = 0.01
"""What a request may take, and so much more for each operation and each resource."""

RESOURCES = 10
"""How many resources a request may touch in the world of these tests beside."""


def allowed(sent: Sent) -> float:
    """Return the seconds that a request may take."""
    return SECONDS + SECONDS_OF_EACH * (sent.operations + RESOURCES)


@dataclass
class Processor:
    """A clock of the processor that stands still while the AWS in memory works."""

    away: float = 0.0

    def seconds(self, act: Callable[[], object]) -> float:
        """Return the seconds that something takes."""
        gc.disable()  # it comes when it comes, and goes through what other tests have left
        try:
            begun, away = process_time(), self.away
            act()
            return process_time() - begun - (self.away - away)
        finally:
            gc.enable()


@dataclass(frozen=True)
class Growth:
    """The seconds for something, and for four times as much of it."""

    what: str
    short: float
    long: float
    allowed: float = SECONDS

    @property
    def ratio(self) -> float:
        """How many times as long the longer takes."""
        return self.long / max(self.short, FLOOR)

    def __str__(self) -> str:
        """The growth in a line."""
        return f"{self.ratio:5.1f}  {self.short:8.4f} s  {self.long:8.4f} s  {self.what}"


@contextmanager
def processor() -> Iterator[Processor]:
    """Watch what the AWS in memory takes."""
    clock, answer = Processor(), BotocoreStubber.__call__

    def watched(*arguments: Any, **named: Any) -> Any:
        begun = thread_time()
        try:
            return answer(*arguments, **named)
        finally:
            clock.away += thread_time() - begun

    BotocoreStubber.__call__ = watched  # type: ignore[method-assign]
    try:
        yield clock
    finally:
        BotocoreStubber.__call__ = answer  # type: ignore[method-assign]


def growth(
    what: str,
    clock: Processor,
    short: Callable[[], object],
    long: Callable[[], object],
    allowed: float = SECONDS,
) -> Growth:
    """Measure two sizes in turns, the best of several; more tries where it looks bad."""
    found = Growth(what, clock.seconds(short), clock.seconds(long), allowed)
    for _ in range(4):
        if found.ratio <= MAX_RATIO / 2 and found.long <= allowed:
            break
        shorter, longer = clock.seconds(short), clock.seconds(long)
        found = Growth(what, min(found.short, shorter), min(found.long, longer), allowed)
    return found
