"""No request costs more than its size: four times as much of anything takes about that much longer.

The one place where tests look at a clock: counting calls does not see a regular expression go back
and forth. What is measured is the processor's time, in one process, both sizes in turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from rollcall.runtime.services import Services
from tests.cost.lists import lists
from tests.cost.processor import MAX_RATIO, Growth, Processor, allowed, growth, processor
from tests.cost.requests import FEW, SHAPES, Sent, repeated
from tests.cost.texts import texts
from tests.cost.world import World
from tests.long import LONG

RENEWED = 50
"""After how many measurements the table is emptied."""


class Measured:
    """A world, and what its requests took."""

    def __init__(self, services: Services, clock: Processor) -> None:
        self._world, self._clock = World(services), clock
        self._number = count(1)
        self.found: list[Growth] = []

    def measure(self, what: str, short: Sent, long: Sent) -> None:
        """Measure two sizes of a request."""
        if next(self._number) % RENEWED == 0:
            self._world.renew()
        world = self._world
        shorter, longer = world.prepared(short), world.prepared(long)
        sending = (lambda: world.send(shorter)), (lambda: world.send(longer))
        self.found.append(growth(what, self._clock, *sending, allowed(long)))

    def check(self) -> None:
        """Check what was measured; the worst of it is shown with -s."""
        worst = sorted(self.found, key=lambda each: -each.ratio)
        slowest = sorted(self.found, key=lambda each: -each.long)
        print(f"\n{len(self.found)} measured, the worst growth and the longest:")
        print("\n".join(map(str, [*worst[:10], *slowest[:10]])))
        assert [str(each) for each in worst if each.ratio > MAX_RATIO] == []
        assert [str(each) for each in slowest if each.long > each.allowed] == []


@pytest.fixture
def measured(services: Services) -> Iterator[Measured]:
    with processor() as clock:
        yield Measured(services, clock)


def test_a_text_costs_no_more_than_its_length(measured: Measured) -> None:
    cases = list(enumerate(texts()))
    for number, (what, size, sent) in cases if LONG else cases[::5]:
        for shape in SHAPES[number % 3 :: 3] if LONG else (FEW[number // 5 % len(FEW)],):
            short, long = (repeated(shape, each) for each in (size // 4, size))
            measured.measure(f"{what}: {shape!r}", sent.with_text(short), sent.with_text(long))

    measured.check()


def test_a_list_costs_no_more_than_its_length(measured: Measured) -> None:
    for what, most, make in lists():
        if LONG or most <= 240:
            measured.measure(what, make(most // 4), make(most))

    measured.check()
