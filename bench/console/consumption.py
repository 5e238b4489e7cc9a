"""What a page asks of AWS: calls, how many of them one after the other, read units."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from threading import local
from typing import Any

from rollcall.runtime.services import Services
from tests.storage.faults import registered
from tests.storage.units import metered

DELAY = 0.03
"""The seconds that each call takes longer while rounds are counted, so that what is asked at the
same time overlaps."""

TIMES = 5


@dataclass(frozen=True)
class Consumption:
    """What one page or plan takes; `rounds` are calls that wait for each other."""

    calls: int
    rounds: int
    reads: float
    size: int
    ms: float


def consumption(
    services: Services, ask: Callable[[], bytes], times: int, delay: float
) -> Consumption:
    """Ask once, with calls that take longer, and then several times for the median."""
    with _timed_calls(services, delay) as spans, metered(services.clients.dynamodb) as cost:
        answer = ask()
    taken = [0.0][times:]
    for _ in range(times):
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return Consumption(
        len(spans), rounds(spans), cost.reads, len(answer), round(median(taken) * 1000, 1)
    )


def rounds(spans: list[tuple[float, float]]) -> int:
    """Return how many of the spans follow each other, at most: no two of them overlap."""
    number, free = 0, 0.0
    for begun, ended in sorted(spans, key=lambda span: span[1]):
        if begun >= free:
            number, free = number + 1, ended
    return number


@contextmanager
def _timed_calls(services: Services, delay: float) -> Iterator[list[tuple[float, float]]]:
    spans: list[tuple[float, float]] = []
    thread = local()

    def begin(**_: Any) -> None:
        thread.begun = time.perf_counter()
        time.sleep(delay)

    def end(**_: Any) -> None:
        spans.append((thread.begun, time.perf_counter()))

    with ExitStack() as hooks:
        for client in (services.clients.dynamodb, services.clients.secretsmanager):
            name = client.meta.service_model.service_id.hyphenize()
            hooks.enter_context(registered(client, f"before-call.{name}", begin))
            hooks.enter_context(registered(client, f"after-call.{name}", end))
        yield spans
