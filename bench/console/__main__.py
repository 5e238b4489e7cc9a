"""What each page and each act of the console takes of a deployment of 1 000 tenants.

    python -m bench.console [--users N] [--findings N] [--tenants N]

One tenant has 100 000 users, 10 000 open findings, a wave of 5 000 disabled accounts and 1 000
deletions that wait. Pages and acts are those of the console's own tables, so none is forgotten. The
figures are written to `bench/results/console.md`. It takes ten minutes, most of it to fill the
table.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from unittest.mock import patch

from bench.console.consumption import DELAY, TIMES, Consumption, consumption
from bench.console.filling import SMALLEST, TENANT, Size, begin, finish, identifier
from bench.console.first_cycle import LongWork, begun, check
from bench.console.loading import imported
from bench.console.visits import RefusedError, Tour
from bench.gateway import event_loop
from bench.report import machine
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys
from tests import dynamodb
from tests.conftest import deployment, made_clients
from tests.console.consoles import visitor

RESULTS = Path(__file__).parents[1] / "results" / "console.md"
BARE = 200
SHOWN = 1_000
"""The people of the check whose page is looked at."""


Row = tuple[str, Consumption | LongWork | str]
"""A page, a plan or work, and what it takes or why it is refused."""


def run(program: Path, size: Size, say: Callable[[str], None]) -> tuple[list[Row], LongWork, float]:
    """Fill a deployment; return what pages and plans take, the check, and a bare read in ms."""
    with (
        patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"),
        dynamodb.running(program) as url,
        deployment(made_clients(url)) as first,
        event_loop(),
    ):
        others = begin(first, size)
        with imported(program, first, chain(dynamodb.copied(first), others)) as services:
            say("the table is filled")
            finish(services, size)
            return measure(services, size, say)


def measure(
    services: Services,
    size: Size,
    say: Callable[[str], None],
    times: int = TIMES,
    delay: float = DELAY,
) -> tuple[list[Row], LongWork, float]:
    """Look at everything of a deployment that is filled."""
    person = visitor(services)
    account = identifier(6)
    file = begun(services, person, f"/t/{TENANT}/people/{account}/file", {})
    erasure = begun(services, person, "/acts/erase", {"tenant": TENANT, "account": account})
    rows: list[Row] = [("file of a person", file), ("plan of erase", erasure)]
    tour = Tour(services, person, check(services, person, min(size.users, SHOWN)).id, file.id)
    bare = bare_read(services, BARE)
    for visit in (*tour.pages(), *tour.plans()):
        try:
            found: Consumption | str = consumption(services, partial(tour.ask, visit), times, delay)
        except RefusedError as error:
            found = str(error)
        rows.append((visit.name, found))
        say(f"{visit.name}: {found}")
    checked = check(services, person, size.users)
    say(f"an export is checked: {checked}")
    return rows, checked, bare


def bare_read(services: Services, times: int) -> float:
    """Return the median of reading one user, in milliseconds."""
    taken, key = [], Keys(TENANT).document(Kind.USER, identifier(1))
    for _ in range(times):
        begun = time.perf_counter()
        services.clients.dynamodb.get_item(
            TableName=services.table.name,
            Key={name: {"S": value} for name, value in key.items()},
            ConsistentRead=True,
        )
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1000


def report(size: Size, rows: list[Row], checked: LongWork, bare: float) -> Iterator[str]:
    """Yield the lines of the report."""
    yield (
        f"`python -m bench.console` on {datetime.now(UTC):%Y-%m-%d}, {machine()}: {size.tenants:,} "
        f"tenants, one with {size.users:,} users, {size.findings:,} open findings, a wave of "
        f"{size.disabled:,} and {size.held:,} held accounts, on an engine in memory. Calls to AWS, "
        "how many of them wait for each other, read units, the bytes of the answer, the median of "
        f"{TIMES} in ms, and how many bare reads of one item ({bare:.2f} ms) that is."
    )
    yield ""
    yield "| page or plan | calls | one after the other | read units | kB | ms | bare reads |"
    yield "|---|---|---|---|---|---|---|"
    for name, each in rows:
        if isinstance(each, str):
            yield f"| `{name}` | {each} | | | | | |"
            continue
        if isinstance(each, LongWork):
            ms = each.seconds * 1000
            yield (
                f"| `{name}` | {each.calls} | as work | {each.reads:,.1f} | "
                f"| {ms:,.0f} | {ms / bare:,.0f} |"
            )
            continue
        yield (
            f"| `{name}` | {each.calls} | {each.rounds} | {each.reads:,.1f} "
            f"| {each.size / 1000:.0f} | {each.ms:,.0f} | {each.ms / bare:,.0f} |"
        )
    yield ""
    yield (
        f"An export of {size.users:,} people is checked in {checked.seconds:,.0f} s, with "
        f"{checked.calls:,} calls, {checked.reads:,.0f} read units and {checked.megabytes:,.0f} MB "
        "more memory than before."
    )


def main() -> int:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.console",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    whole = Size()
    parser.add_argument("--users", type=int, default=whole.users)
    parser.add_argument("--findings", type=int, default=whole.findings)
    parser.add_argument("--tenants", type=int, default=whole.tenants)
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    part = asked.users / whole.users
    size = Size(
        asked.tenants,
        asked.users,
        asked.findings,
        max(int(whole.disabled * part), SMALLEST.disabled),
        max(int(whole.held * part), SMALLEST.held),
        max(int(whole.entries * part), SMALLEST.entries),
        max(int(whole.teams * part), SMALLEST.teams),
    )
    program = dynamodb.program()
    if program is None:
        print("the DynamoDB engine is not installed: make install")
        return 1
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {line}", file=sys.stderr, flush=True)

    rows, checked, bare = run(program, size, say)
    asked.output.write_text("\n".join(report(size, rows, checked, bare)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
