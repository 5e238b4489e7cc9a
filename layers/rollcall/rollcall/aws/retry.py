"""How long, and how often, what lost against other writers is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rollcall.aws import deadline


@dataclass(frozen=True)
class Retry:
    """How long conflicting transactions are tried again: with jitter, `seconds` in all."""

    seconds: float = 8.0
    first: float = 0.01
    longest: float = 0.5
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def attempts(self, seconds: float | None = None) -> Iterator[None]:
        """Yield once per try, after a pause from the second on, until the time is over.

        `seconds` is another time than its own; 0 is a single try. The deadline of the work ends it,
        too.
        """
        end = self.clock() + (self.seconds if seconds is None else seconds)
        ceiling = self.first
        yield
        while self.clock() < end and (left := deadline.seconds_left()) > 0:
            self.sleep(min(random.uniform(0, ceiling), left))  # noqa: S311
            ceiling = min(ceiling * 2, self.longest)
            yield
