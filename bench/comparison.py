"""The comparison: each peer, at each size, with the same requests, within a limit of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from http.client import HTTPException
from itertools import islice

from bench import figures
from bench.copies import copies
from bench.figures import NOT_REACHED, Figures, Measurement, Result
from bench.installation import AbsentError
from bench.load import send
from bench.operation import CREATE, OPERATIONS, Operation
from bench.peer import TENANT, Peer, Running
from bench.population import Population, RefusedError, ids, populate
from bench.process import Process, StartError
from rollcall.dev.emulator import EmulatorError

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Half of the requests of an operation are sent one after the other, for latency and CPU, half
    over all connections at once, for the rate; each half for so many seconds at most. At each
    size a peer gets as many seconds as the limit says to be filled, and as many for all operations.
    """

    sizes: tuple[int, ...]
    requests: int
    seconds: float
    connections: int = 8
    limit: float = 240
    large: int = 0
    """The users of those that can be filled quickly, 0 for none."""
    deployed: int = 0
    """The users of those that run in an emulator, 0 for none."""


QUICK = Plan(sizes=(100, 1_000), requests=80, seconds=1, limit=60, large=3_000)
WHOLE = Plan(sizes=(1_000, 10_000), requests=400, seconds=3, limit=240, large=100_000, deployed=100)

Filling = Callable[[Running, int, Plan], Population]

_WARM_UP = 30
"""The users and requests before anything counts: what is loaded late is loaded then."""


def compare(peer: Peer, plan: Plan, progress: Progress) -> Result:
    """Measure one peer at each size."""
    measurements: list[Measurement] = []
    absent = ""
    try:
        for size, fill in _sizes(peer, plan):
            progress(f"{peer.name}: {size:,} users")
            with peer.run() as running:
                few = min(_WARM_UP, plan.requests)
                warm = partial(populate, running.target, "warm", few, plan.connections)
                _measure(running, warm, replace(plan, requests=few))
                filled = partial(fill, running, size, plan)
                measurements.append(_measure(running, filled, plan, progress))
    except (AbsentError, StartError, RefusedError, EmulatorError, HTTPException, OSError) as error:
        absent = str(error) or type(error).__name__
        progress(f"{peer.name}: {absent}")
    if not measurements:
        absent = absent or "not in this run"
    return Result(peer.name, peer.version, absent, measurements)


def _sizes(peer: Peer, plan: Plan) -> Iterator[tuple[int, Filling]]:
    if peer.emulated:
        sizes: tuple[int, ...] = (plan.deployed,)
    elif peer.copied:
        sizes = (*plan.sizes, plan.large)
    else:
        sizes = plan.sizes
    for size in filter(None, sizes):
        copied = peer.copied and size > min(plan.sizes)
        yield size, _copied if copied else _populated


def _populated(running: Running, size: int, plan: Plan) -> Population:
    return populate(running.target, "user", size, plan.connections, plan.limit)


def _copied(running: Running, size: int, _: Plan) -> Population:
    assert running.database is not None
    return copies(running.target, running.database.port, TENANT, "user", size)


def _measure(
    running: Running,
    filled: Callable[[], Population],
    plan: Plan,
    progress: Progress = lambda _: None,
) -> Measurement:
    people = filled()
    end = time.monotonic() + plan.limit
    operations = {}
    for operation in OPERATIONS:
        operations[operation.name] = took = (
            _operation(running, operation, people, plan)
            if time.monotonic() < end
            else Figures(wrong=NOT_REACHED)
        )
        progress(f"  {operation.name:26}{_line(took)}")
    memory, database_memory = (
        each.memory() if each else None for each in (running.process, running.database)
    )
    return Measurement(len(people.users), operations, memory, database_memory)


def _operation(running: Running, operation: Operation, people: Population, plan: Plan) -> Figures:
    requests = list(islice(operation.requests(people), plan.requests))
    if not requests:
        return Figures(wrong=NOT_REACHED)
    half = (len(requests) + 1) // 2
    before = _cpu(running.process), _cpu(running.database)
    try:
        single = send(running.target, requests[:half], limit=plan.seconds).answers
        after = _cpu(running.process), _cpu(running.database)
        seconds = [answer.seconds for answer in single]
        # Answers that would wait for one another so long would hold up the next operation.
        slow = plan.connections * max(seconds) > running.target.patience / 2
        parallel = [] if slow else requests[half:]
        many = send(running.target, parallel, plan.connections, plan.seconds)
    except TimeoutError:
        return Figures(wrong=f"no answer within {running.target.patience:.0f} s")
    except (HTTPException, ConnectionError) as error:
        return Figures(wrong=f"broke off: {error or type(error).__name__}")
    cpu, database_cpu = (
        1000 * (end - begin) / len(single) for begin, end in zip(before, after, strict=True)
    )
    if operation is CREATE:
        people.made = ids([*single, *many.answers])
    return Figures(
        p50=figures.p50(seconds),
        p99=figures.percentile(seconds, 0.99),
        rate=len(many.answers) / many.seconds if many.answers else None,
        cpu=cpu if running.process else None,
        database_cpu=database_cpu if running.database else None,
        requests=len(single) + len(many.answers),
        wrong=figures.wrong([*single, *many.answers], operation.total),
    )


def _cpu(process: Process | None) -> float:
    return process.cpu() if process else 0.0


def _line(took: Figures) -> str:
    parts = [f"{took.p50:9.2f} ms"] if took.p50 is not None else []
    parts += [f"{took.rate:9.0f} a second"] if took.rate is not None else []
    return "".join([*parts, "  ", took.wrong])
