"""Two tenants at once under the rate limit, and what the limit costs.

    python -m bench.rate

Ten processes are the containers of a deployment: each has a limiter of its own, and all share a
table in the engine that tests use. It takes two minutes and a half.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from rollcall.aws.clients import connect
from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.errors import TooManyRequests
from rollcall.tenants.authentication import Caller
from rollcall.tenants.rate_limiter import RateLimiter
from tests import dynamodb
from tests.storage.units import metered

RATE = 50
CONTAINERS = 10
START_SECONDS = 5
"""After so long all processes are there, and begin together."""


@dataclass
class Load:
    """What a container gets: requests a second of each tenant, from a moment on."""

    url: str
    table: str
    tenants: Mapping[str, float]
    begin: float
    seconds: float


@dataclass
class Spent:
    """What a container admitted of each tenant, and what its limiter spent on it."""

    admitted: dict[str, int]
    writes: float = 0
    reads: float = 0
    slowest: float = 0


def send(load: Load) -> Spent:
    """Be a container: ask the limiter for each request at its time."""
    services = Services(Settings(load.table), connect(load.url))
    limiter = RateLimiter(services.table, RATE, services.log, print)
    planned = sorted(
        (number / rate, tenant)
        for tenant, rate in load.tenants.items()
        for number in range(round(load.seconds * rate))
    )
    spent = Spent(dict.fromkeys(load.tenants, 0))
    with metered(services.clients.dynamodb) as cost:
        for at, tenant in planned:
            time.sleep(max(0.0, load.begin + at - time.time()))
            asked = time.perf_counter()
            try:
                limiter.admit(Caller(tenant, "bench"))
                spent.admitted[tenant] += 1
            except TooManyRequests:
                pass
            spent.slowest = max(spent.slowest, time.perf_counter() - asked)
    # Two more units for each attempt to write the line of a minute into the log.
    lines = 2 * cost.calls.count("TransactWriteItems")
    spent.writes, spent.reads = cost.writes - lines, cost.reads
    return spent


def run(
    url: str, name: str, tenants: Mapping[str, float], seconds: float, containers: int = CONTAINERS
) -> Spent:
    """Spread the requests of tenants over containers; return what all together spent."""
    services = Services(Settings(name), connect(url))
    local_server.create_table(services)
    each = {tenant: rate / containers for tenant, rate in tenants.items()}
    with ProcessPoolExecutor(containers) as pool:
        load = Load(url, name, each, time.time() + START_SECONDS, seconds)
        parts = list(pool.map(send, [load] * containers))
    return Spent(
        {tenant: sum(part.admitted[tenant] for part in parts) for tenant in tenants},
        sum(part.writes for part in parts),
        sum(part.reads for part in parts),
        max(part.slowest for part in parts),
    )


def main() -> int:
    """Print what each of two tenants got, and a table of costs."""
    program = dynamodb.program()
    if program is None:
        print("the DynamoDB engine is not installed: make install")
        return 1
    with dynamodb.running(program) as url:
        both = run(url, "two-tenants", {"busy": 200, "calm": 20}, 30)
        print(f"{CONTAINERS} containers, a rate of {RATE} a second, for 30 s:")
        for tenant, rate in (("busy", 200), ("calm", 20)):
            got = both.admitted[tenant]
            print(f"  {tenant} sent {rate} a second and got {got} of {rate * 30}, {got / 30:.1f}")
        print(f"  the slowest answer of a limiter took {both.slowest * 1000:.0f} ms")
        print()
        print("| containers | requests a second | admitted | write units | read units |")
        print("|---|---|---|---|---|")
        for containers in (1, CONTAINERS):
            for rate in (1, 25, 200):
                spent = run(url, f"cost-{containers}-{rate}", {"acme": rate}, 15, containers)
                figures = (spent.admitted["acme"], spent.writes, spent.reads)
                cells = " | ".join(f"{figure / 15:.1f}" for figure in figures)
                print(f"| {containers} | {rate} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
