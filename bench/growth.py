"""CPU and latency of one membership in groups of 100 to 100 000 members, as ratios.

    python -m bench.growth

The sizes take turns, call by call, so that a change of the machine's speed meets all alike.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from bench.gateway import Gateway, Spent, gateway
from tests.directory.large import filled

SIZES = (100, 1_000, 10_000, 100_000)
ROUNDS = 80

Operation = Callable[[Gateway, str, str], tuple[object, Spent]]


def patch_member(op: str, gate: Gateway, group: str, member: str) -> tuple[object, Spent]:
    """Add or remove one member."""
    operation = {"op": op, "path": "members", "value": [{"value": member}]}
    return gate.send("PATCH", f"/Groups/{group}", {"Operations": [operation]})


OPERATIONS: dict[str, Operation] = {
    "add one member": lambda gate, group, member: patch_member("Add", gate, group, member),
    "id eq and members eq": lambda gate, group, member: gate.send(
        "GET",
        "/Groups",
        filter=f'id eq "{group}" and members eq "{member}"',
        excludedAttributes="members",
    ),
    "GET without members": lambda gate, group, _: gate.send(
        "GET", f"/Groups/{group}", excludedAttributes="members"
    ),
    "remove one member": lambda gate, group, member: patch_member("Remove", gate, group, member),
}


def main() -> None:
    """Measure, and print a table of medians in milliseconds."""
    spent: dict[tuple[str, int], list[Spent]] = {}
    with gateway() as gate:
        directory = gate.services.directory(gate.tenant)
        person, _ = gate.send("POST", "/Users", {"userName": "ada"})
        groups = {}
        for size in SIZES:
            groups[size] = filled(gate.services, gate.tenant, directory, f"of {size}", size)
            print(f"a group of {size} members is there", flush=True)
        for _ in range(ROUNDS):
            for name, operation in OPERATIONS.items():
                for size, group in groups.items():
                    _, took = operation(gate, group, person["id"])
                    spent.setdefault((name, size), []).append(took)
    print(f"{'':22}" + "".join(f"{size:>16,}" for size in SIZES) + f"{'last / first':>16}")
    for name in OPERATIONS:
        for what in ("cpu", "wall"):
            figures = [1000 * median(getattr(s, what) for s in spent[name, z]) for z in SIZES]
            cells = "".join(f"{figure:>13.2f} ms" for figure in figures)
            print(f"{name:22}{cells}{figures[-1] / figures[0]:>11.2f}  {what}")


if __name__ == "__main__":
    main()
