"""The comparison: each peer, at each size, with the same requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from itertools import islice

from bench import figures
from bench.figures import Figures, Measurement, Result
from bench.installation import AbsentError
from bench.load import send
from bench.operation import CREATE, OPERATIONS, Operation
from bench.peer import Peer, Running
from bench.population import Population, RefusedError, ids, populate
from bench.process import Process, StartError
from rollcall.dev.emulator import EmulatorError

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured: users, requests of each operation, and the seconds that it may take.

    Half of the requests are sent one after the other, for latency and CPU, half over all
    connections at once, for the rate.
    """

    sizes: Sequence[int]
    requests: int
    seconds: float
    connections: int = 8


QUICK = Plan(sizes=(100, 1_000), requests=80, seconds=1.5)
WHOLE = Plan(sizes=(1_000, 10_000), requests=400, seconds=10)
_WARM_UP = 10
"""The users and requests before anything counts: what is loaded late is loaded then."""


def compare(peers: Sequence[Peer], plan: Plan, progress: Progress) -> list[Result]:
    """Measure peers one after the other."""
    return [_result(peer, plan, progress) for peer in peers]


def _result(peer: Peer, plan: Plan, progress: Progress) -> Result:
    measurements: list[Measurement] = []
    absent = ""
    try:
        for size in plan.sizes[:1] if peer.once else plan.sizes:
            progress(f"{peer.name}: {size:,} users")
            with peer.run() as running:
                warm_up = Plan((_WARM_UP,), _WARM_UP, plan.seconds, plan.connections)
                _measure(running, "warm", _WARM_UP, warm_up, lambda _: None)
                measurements.append(_measure(running, "user", size, plan, progress))
    except (AbsentError, StartError, RefusedError, EmulatorError, HTTPException, OSError) as error:
        absent = str(error)
        progress(f"{peer.name}: {absent}")
    return Result(peer.name, peer.version, absent, measurements)


def _measure(running: Running, name: str, size: int, plan: Plan, progress: Progress) -> Measurement:
    people = populate(running.target, name, size, plan.connections)
    operations = {}
    for operation in OPERATIONS:
        operations[operation.name] = took = _operation(running, operation, people, plan)
        progress(f"  {operation.name:26}{took.p50:9.2f} ms{took.rate:9.0f} a second  {took.wrong}")
    memory, database_memory = (
        each.memory() if each else None for each in (running.process, running.database)
    )
    return Measurement(size, operations, memory, database_memory)


def _operation(running: Running, operation: Operation, people: Population, plan: Plan) -> Figures:
    requests = list(islice(operation.requests(people), plan.requests))
    half = (len(requests) + 1) // 2
    before = _cpu(running.process), _cpu(running.database)
    single = send(running.target, requests[:half], limit=plan.seconds).answers
    after = _cpu(running.process), _cpu(running.database)
    cpu, database_cpu = (
        1000 * (end - begin) / len(single) for begin, end in zip(before, after, strict=True)
    )
    many = send(running.target, requests[half:], plan.connections, plan.seconds)
    if operation is CREATE:
        people.made = ids([*single, *many.answers])
    seconds = [answer.seconds for answer in single]
    return Figures(
        p50=figures.p50(seconds),
        p99=figures.percentile(seconds, 0.99),
        rate=len(many.answers) / many.seconds,
        cpu=cpu if running.process else None,
        database_cpu=database_cpu if running.database else None,
        requests=len(single) + len(many.answers),
        wrong=figures.wrong([*single, *many.answers], operation.total),
    )


def _cpu(process: Process | None) -> float:
    return process.cpu() if process else 0.0
