"""What clients send at once: first cycles, the costliest requests, bulk requests, many tenants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from math import ceil

from bench.partitions.recording import Units
from bench.partitions.requests import Recording
from bench.partitions.simulation import Peaks, Replay, Second, Sent, Sharding, peaks

CREATION = ("look up a new user", "create user")

RATE = 50
"""What the limiter admits of one tenant in a second, operations of bulk requests included."""

IN_ALL = 2_000
"""What the API admits of all tenants in a second."""

ENTRA_RATE = 25
"""The requests a second and tenant that Entra ID asks a server to take."""

BULK_RATE = 40
"""The operations of one bulk request in a second: one after the other, 25 ms each on AWS."""

IN_DEBT = 10
"""The bulk requests of 1 000 operations that make the greatest debt of a tenant."""

BURST = 50
"""The bulk requests at once when all come in one second, each to another container."""


def first_cycle(replay: Replay, users: int, rate: int = RATE) -> Iterator[Second]:
    """Yield the seconds in which users are looked up and created, then become members."""
    for kinds in (CREATION, ("add a member",)):
        for _ in range(users * len(kinds) // rate):
            yield replay.second(
                Sent(kinds[number % len(kinds)], replay.identifier()) for number in range(rate)
            )


def alone(replay: Replay, kind: str, seconds: int = 5) -> Iterator[Second]:
    """Yield seconds with one kind of request only, as many as the limiter admits."""
    for _ in range(seconds):
        yield replay.second(Sent(kind, replay.identifier()) for _ in range(RATE))


def bulks(replay: Replay, kind: str, at_once: int, seconds: int = 5) -> Iterator[Second]:
    """Yield seconds of bulk requests that run at once, of operations of one kind."""
    requests = [replay.identifier() for _ in range(at_once)]
    for second in range(seconds):
        numbers = range(second * BULK_RATE, (second + 1) * BULK_RATE)
        yield replay.second(
            Sent(kind, request, number) for request in requests for number in numbers
        )


def tenants(replay: Replay, number: int, in_all: int) -> Iterator[Second]:
    """Yield one second of each of many tenants that look users up and create them."""
    for tenant in range(number):
        sent = range(tenant * in_all // number, (tenant + 1) * in_all // number)
        requests = [Sent(CREATION[each % 2], replay.identifier()) for each in sent]
        yield replay.second(requests, f"tenant{tenant}")


@dataclass(frozen=True)
class Spread:
    """How keys fall on partitions by their hash: the busiest key, and the busiest partition."""

    load: float
    partitions: int
    key: float
    partition: float


def spread(seconds: Iterable[Second]) -> dict[str, Spread]:
    """Return how the load of the table and of each index falls on partitions.

    Each has twice as many as the load fills, and four at least, as a new table on demand.
    """
    loads: defaultdict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for second in seconds:
        for (where, key), units in second.items():
            loads[where][key] += units.load
    found = {}
    for where, keys in loads.items():
        total = sum(keys.values())
        number = max(4, ceil(2 * total))
        partitions: defaultdict[int, float] = defaultdict(float)
        for key, load in keys.items():
            partitions[int.from_bytes(sha256(key.encode()).digest()[:8]) % number] += load
        found[where] = Spread(total, number, max(keys.values()), max(partitions.values()))
    return found


def costliest(replay: Replay, recording: Recording) -> dict[tuple[str, str], tuple[str, Units]]:
    """Return the request that loads each key family most when it is sent alone at the rate."""
    found: dict[tuple[str, str], tuple[str, Units]] = {}
    for kind in recording.keys() - {"bulk"}:
        for name, units in peaks(alone(replay, kind)).items():
            if name not in found or (units.load, kind) > (found[name][1].load, found[name][0]):
                found[name] = kind, units
    return found


def bulk_peaks(recording: Recording, at_once: int, sharding: Sharding | None = None) -> Peaks:
    """Return the busiest second of bulk requests at once that create users, or delete them."""
    return peaks(
        second
        for kind in ("create user", "delete user")
        for second in bulks(Replay(recording, sharding), kind, at_once)
    )
