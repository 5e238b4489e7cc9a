"""What clients send at once: first cycles, the costliest requests, bulk requests, many tenants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import ceil
from random import Random
from zlib import crc32

from bench.partitions.recording import TABLE, Units
from bench.partitions.requests import PAGE, Recording
from bench.partitions.simulation import (
    NOW,
    Design,
    Peaks,
    Replay,
    Second,
    Sent,
    add_peaks,
    family,
    peaks,
)
from rollcall.storage.table import INDEX

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

NEW_TABLE = 4
"""The partitions with which a table on demand begins, and each of its indexes."""


def first_cycle(
    replay: Replay, users: int, rate: int = RATE, tell: Callable[[int], None] = lambda _: None
) -> Iterator[Second]:
    """Yield the seconds in which users are looked up and created, then become members."""
    sent = 0
    for kinds in (CREATION, ("add a member",)):
        for _ in range(users * len(kinds) // rate):
            yield replay.second(
                Sent(kinds[number % len(kinds)], replay.identifier()) for number in range(rate)
            )
            sent += rate
            if sent % 100_000 < rate:
                tell(sent)


@dataclass
class Cycle:
    """A whole first cycle: the peaks of its keys, and the highest load of a partition.

    `throttled` are its seconds in which a partition was beyond its limit.
    """

    peaks: Peaks = field(default_factory=dict)
    partitions: dict[str, float] = field(default_factory=dict)
    seconds: int = 0
    throttled: int = 0


def cycle(seconds: Iterable[Second]) -> Cycle:
    """Run a first cycle on the partitions of a new table."""
    found, draw = Cycle(), Random(1)
    numbers = dict.fromkeys((TABLE, INDEX, "changes"), NEW_TABLE)
    for second in seconds:
        add_peaks(found.peaks, second)
        loads = {w: max(each) for w, each in second.partitions(numbers, draw).items()}
        for where, load in loads.items():
            found.partitions[where] = max(load, found.partitions.get(where, 0.0))
        found.seconds += 1
        found.throttled += max(loads.values()) > 1
    return found


def alone(replay: Replay, kind: str, seconds: int = 5) -> Iterator[Second]:
    """Yield seconds with one kind of request only, as many as the limiter admits for long."""
    counted = 1
    if kind == f"add {PAGE} members" and replay.design.members:
        counted = ceil(PAGE / replay.design.members)
    for _ in range(seconds):
        yield replay.second(Sent(kind, replay.identifier()) for _ in range(ceil(RATE / counted)))


def bulks(replay: Replay, kind: str, at_once: int, seconds: int = 5) -> Iterator[Second]:
    """Yield seconds of bulk requests that are sent at once, of operations of one kind."""
    requests = [replay.identifier() for _ in range(min(at_once, replay.design.bulks))]
    for second in range(seconds):
        numbers = range(second * BULK_RATE, (second + 1) * BULK_RATE)
        yield replay.second(
            Sent(kind, request, number) for request in requests for number in numbers
        )


def tenants(replay: Replay, number: int, in_all: int) -> Iterator[Second]:
    """Yield one second of each of many tenants that look users up and create them.

    It is the first one of an hour: who sends something puts an entry of usage.
    """
    for tenant in range(number):
        sent = range(tenant * in_all // number, (tenant + 1) * in_all // number)
        name = f"tenant{tenant}"
        requests = [Sent(CREATION[each % 2], replay.identifier()) for each in sent]
        second = replay.second(requests, name)
        if requests:
            one = Units(writes=1, operations=1)
            second.add(TABLE, f"{name}#USAGE", one)
            shard = crc32(name.encode()) % replay.design.usage
            second.add(INDEX, f"#USAGE#{shard}", one)
        yield second


@dataclass(frozen=True)
class Spread:
    """How keys fall on partitions by their hash: the busiest key, and the busiest partition."""

    load: float
    partitions: int
    name: str
    key: float
    partition: float


def spread(seconds: Iterable[Second]) -> dict[str, Spread]:
    """Return how the load of the table and of each index falls on partitions.

    Each has twice as many as the load fills, and four at least, as a new table on demand.
    """
    whole = Second()
    for second in seconds:
        for (where, key), units in second.keys.items():
            if not key.endswith("#own"):
                whole.add(where, key, units)
        whole.own.update(second.own)
    loads: defaultdict[str, dict[str, float]] = defaultdict(dict)
    totals: defaultdict[str, float] = defaultdict(float)
    for (where, key), units in whole.keys.items():
        loads[where][key] = units.load
        totals[where] += units.load
    for (where, load), times in whole.own.items():
        totals[where] += load * times
    numbers = {where: max(NEW_TABLE, ceil(2 * total)) for where, total in totals.items()}
    partitions = whole.partitions(numbers, Random(1))
    found = {}
    for where, total in totals.items():
        busiest = max(loads[where], key=loads[where].__getitem__)
        found[where] = Spread(
            total,
            numbers[where],
            family(busiest),
            loads[where][busiest],
            max(partitions[where]),
        )
    return found


def costliest(replay: Replay, recording: Recording) -> dict[tuple[str, str], tuple[str, Units]]:
    """Return the request that loads each key family most when it is sent alone at the rate."""
    found: dict[tuple[str, str], tuple[str, Units]] = {}
    for kind in recording.keys() - {"bulk"}:
        for name, units in peaks(alone(replay, kind)).items():
            if name not in found or (units.load, kind) > (found[name][1].load, found[name][0]):
                found[name] = kind, units
    return found


def bulk_peaks(recording: Recording, at_once: int, design: Design = NOW) -> Peaks:
    """Return the busiest second of bulk requests at once that create users, or delete them."""
    return peaks(
        second
        for kind in ("create user", "delete user")
        for second in bulks(Replay(recording, design), kind, at_once)
    )
