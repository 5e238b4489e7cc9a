"""What the busiest partition key of each family takes in a second, recorded and simulated.

    python -m bench.partitions [USERS]

Sends the first cycle of a million users again, unless told otherwise, before and after keys were
spread: it takes two minutes of CPU.
"""

from __future__ import annotations

import sys

from bench.partitions import loads
from bench.partitions.recording import Units
from bench.partitions.requests import Recording, record
from bench.partitions.simulation import BEFORE, NOW, Peaks, Replay, refused
from tests import dynamodb
from tests.conftest import deployment, made_clients

USERS = 1_000_000
TENANTS = 10_000
DESIGNS = {"before": BEFORE, "after": NOW}

WORKED_OUT = {
    "`T#RATE`": 12,  # decision 0082
    "`T#USAGE`": loads.RATE // 5,  # decision 0085: one in five, one in ten later in the hour
}
"""The operations a second of keys that one request in several writes, at the rate of a tenant."""


def progress(text: str) -> None:
    """Say on standard error how far it is."""
    print(text, file=sys.stderr, flush=True)


def shown(units: Units | None) -> str:
    """Return the operations a second, and the part of a partition that they take."""
    if units is None:
        return ""
    mark = "**" if units.load > 1 else ""
    return f"{mark}{units.operations:,} ({units.load:.0%}){mark}"


def cycles(recording: Recording, users: int) -> list[loads.Cycle]:
    """Run the first cycle on both designs."""
    found = []
    for name, design in DESIGNS.items():

        def tell(sent: int, name: str = name) -> None:
            progress(f"first cycle, {name}: {sent:,} of {3 * users:,} requests")

        found.append(loads.cycle(loads.first_cycle(Replay(recording, design), users, tell=tell)))
    return found


def print_keys(recording: Recording, cycle: list[loads.Cycle]) -> None:
    """Print the load of each key family that takes more than 10 operations in a second."""
    alone = [loads.costliest(Replay(recording, each), recording) for each in DESIGNS.values()]
    progress("the costliest requests are done")
    costs: list[Peaks] = [{name: units for name, (_, units) in each.items()} for each in alone]
    bursts = [loads.bulk_peaks(recording, loads.BURST, each) for each in DESIGNS.values()]
    progress("the bulk requests are done")
    print("| where | key | first cycle, before | after | costliest request, before | after "
          f"| | {loads.BURST} bulk requests, before | after |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for name in sorted(costs[0].keys() | costs[1].keys()):
        measured = [each.get(name) for each in costs]
        if max(units.operations for units in measured if units) < 10:
            continue
        columns = [each.peaks for each in cycle], costs, bursts
        first, costliest, bulk = ([shown(each.get(name)) for each in pair] for pair in columns)
        kind = (alone[1].get(name) or alone[0][name])[0]
        print(f"| {' | '.join([name[0], f'`{name[1]}`', *first, *costliest, kind, *bulk])} |")
    for key, operations in WORKED_OUT.items():
        cells = [f"{operations} ({operations / 1_000:.0%})"] * 2
        print(f"| {' | '.join(['table', key, *cells, *cells, 'any', '', ''])} |")


def print_cycles(cycle: list[loads.Cycle], users: int) -> None:
    """Print what the first cycle takes of the partitions of a new table."""
    print()
    print("| first cycle of | seconds | in which a partition is full | busiest: table | index "
          "| changes |")  # fmt: skip
    print("|---|---|---|---|---|---|")
    for name, each in zip(DESIGNS, cycle, strict=True):
        parts = (f"{each.partitions[where]:.0%}" for where in ("table", "index", "changes"))
        print(f"| {users:,} users, {name} | {each.seconds:,} | {each.throttled} "
              f"| {' | '.join(parts)} |")  # fmt: skip


def print_refused(recording: Recording) -> None:
    """Print which part of the load DynamoDB would refuse at first."""
    print()
    print("| load | refused before | after |")
    print("|---|---|---|")
    for at_once in (1, loads.IN_DEBT, loads.BURST):
        for kind in ("create user", "delete user"):
            parts = [
                refused(loads.bulks(Replay(recording, design), kind, at_once))
                for design in DESIGNS.values()
            ]
            print(f"| {at_once} bulk, {kind} | {parts[0]:.0%} | {parts[1]:.0%} |")
    kind = "add 100 members"
    parts = [refused(loads.alone(Replay(recording, each), kind)) for each in DESIGNS.values()]
    print(f"| {kind} | {parts[0]:.0%} | {parts[1]:.0%} |", flush=True)


def print_tenants(recording: Recording) -> None:
    """Print how the load of many tenants falls on the partitions of the table and its indexes."""
    print()
    print("| tenants | requests a second | | where | load | partitions | busiest key | | busiest |")
    print("|---|---|---|---|---|---|---|---|---|")
    for in_all in (loads.IN_ALL, loads.ENTRA_RATE * TENANTS):
        for name, design in DESIGNS.items():
            progress(f"{TENANTS:,} tenants, {in_all:,} requests a second, {name}")
            found = loads.spread(loads.tenants(Replay(recording, design), TENANTS, in_all))
            for where, each in sorted(found.items()):
                print(
                    f"| {TENANTS:,} | {in_all:,} | {name} | {where} | {each.load:,.1f} "
                    f"| {each.partitions:,} | `{each.name}` | {each.key:.1%} "
                    f"| {each.partition:.0%} |"
                )


def main() -> int:
    """Record one request of each kind, and print the tables."""
    program = dynamodb.program()
    if program is None:
        print("the DynamoDB engine is not installed: make install")
        return 1
    users = int(sys.argv[1]) if len(sys.argv) > 1 else USERS
    with dynamodb.running(program) as url, deployment(made_clients(url)) as services:
        recording = record(services)
    progress("one request of each kind is recorded")
    cycle = cycles(recording, users)
    print_keys(recording, cycle)
    print_cycles(cycle, users)
    print_refused(recording)
    print_tenants(recording)
    return 0


if __name__ == "__main__":
    sys.exit(main())
