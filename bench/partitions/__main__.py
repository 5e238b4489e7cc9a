"""What the busiest partition key of each family takes in a second, recorded and simulated.

    python -m bench.partitions [USERS]

A first cycle has 100 000 users, unless told otherwise: a longer one repeats its seconds. It takes
a minute of CPU.
"""

from __future__ import annotations

import sys

from bench.partitions import loads
from bench.partitions.recording import Units
from bench.partitions.requests import Recording, record
from bench.partitions.simulation import BY_REQUEST, PROPOSED, Replay, Sharding, peaks, refused
from tests import dynamodb
from tests.conftest import deployment, made_clients

USERS = 100_000
TENANTS = 10_000


def shown(units: Units | None) -> str:
    """Return units for a cell of the table."""
    if units is None:
        return ""
    parts = [
        f"{units.writes:,.0f} w" if units.writes else "",
        f"{units.reads:,.0f} r" if units.reads >= 0.5 else "",
    ]
    mark = "**" if units.load > 1 else ""
    return f"{mark}{', '.join(filter(None, parts))}{mark}"


def print_keys(recording: Recording, users: int) -> None:
    """Print the load of each key family that takes more than 10 units in a second."""
    cycle = peaks(loads.first_cycle(Replay(recording), users))
    alone = loads.costliest(Replay(recording), recording)
    before = loads.bulk_peaks(recording, loads.IN_DEBT, BY_REQUEST)
    after = loads.bulk_peaks(recording, loads.IN_DEBT)
    proposed = loads.bulk_peaks(recording, loads.IN_DEBT, PROPOSED)
    proposed_alone = loads.costliest(Replay(recording, PROPOSED), recording)
    burst = loads.bulk_peaks(recording, loads.BURST)
    print(f"Units a second of the busiest key: a first cycle of {users:,} users, the costliest")
    print(f"request alone, both at {loads.RATE} a second, and bulk requests at once.")
    print()
    print(
        f"| where | key | first cycle | costliest request | | proposed "
        f"| {loads.IN_DEBT} bulk, before | now | proposed | {loads.BURST} bulk, now |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, (kind, units) in sorted(alone.items()):
        if units.writes + units.reads < 10:
            continue
        cells = [
            name[0], f"`{name[1]}`", shown(cycle.get(name)), kind, shown(units),
            shown(proposed_alone[name][1]), shown(before.get(name)), shown(after.get(name)),
            shown(proposed.get(name)), shown(burst.get(name)),
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)


def print_refused(recording: Recording) -> None:
    """Print which part of the load DynamoDB would refuse at first."""
    print()
    print("| load | refused before | now | proposed |")
    print("|---|---|---|---|")
    shardings: tuple[Sharding | None, ...] = (BY_REQUEST, None, PROPOSED)
    for at_once in (1, loads.IN_DEBT, loads.BURST):
        for kind in ("create user", "delete user"):
            parts = [
                refused(loads.bulks(Replay(recording, sharding), kind, at_once))
                for sharding in shardings
            ]
            print(
                f"| {at_once} bulk, {kind} | " + " | ".join(f"{part:.0%}" for part in parts) + " |"
            )
    kind = "add 100 members"
    parts = [refused(loads.alone(Replay(recording, sharding), kind)) for sharding in shardings]
    print(f"| {kind} | " + " | ".join(f"{part:.0%}" for part in parts) + " |", flush=True)


def print_tenants(recording: Recording) -> None:
    """Print how the load of many tenants falls on the partitions of the table and its indexes."""
    print()
    print("| tenants | requests a second | where | load | partitions | busiest key | busiest |")
    print("|---|---|---|---|---|---|---|")
    for in_all in (loads.IN_ALL, loads.ENTRA_RATE * TENANTS):
        found = loads.spread(loads.tenants(Replay(recording), TENANTS, in_all))
        for where, each in sorted(found.items()):
            print(
                f"| {TENANTS:,} | {in_all:,} | {where} | {each.load:,.1f} | {each.partitions:,} "
                f"| {each.key:.3f} | {each.partition:.2f} |",
                flush=True,
            )


def main() -> int:
    """Record one request of each kind, and print the tables."""
    program = dynamodb.program()
    if program is None:
        print("the DynamoDB engine is not installed: make install")
        return 1
    with dynamodb.running(program) as url, deployment(made_clients(url)) as services:
        recording = record(services)
    print_keys(recording, int(sys.argv[1]) if len(sys.argv) > 1 else USERS)
    print_refused(recording)
    print_tenants(recording)
    return 0


if __name__ == "__main__":
    sys.exit(main())
