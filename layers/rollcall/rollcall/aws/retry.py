"""How long and how often a write that met a conflict is retried."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rollcall.aws import deadline


@dataclass(frozen=True)
class Retry:
    """Retries with growing, random pauses, for `seconds` in all."""

    seconds: float = 8.0
    first: float = 0.01
    longest: float = 0.5
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def attempts(self, seconds: float | None = None) -> Iterator[None]:
        """Yield once for each attempt, after a pause from the second on, until the time is over.

        `seconds` replaces the own time; 0 is a single attempt. The deadline ends it as well.
        """
        end = self.clock() + (self.seconds if seconds is None else seconds)
        ceiling = self.first
        yield
        while self.clock() < end and (left := deadline.seconds_left()) > 0:
            self.sleep(min(random.uniform(0, ceiling), left))  # noqa: S311
            ceiling = min(ceiling * 2, self.longest)
            yield
