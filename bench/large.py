"""Large changes of one group: 5 000 members in one PATCH, a PUT that changes 3 of 50 000.

    python -m bench.large

Counts the items that are written: the difference, and a constant.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.gateway import Gateway, gateway
from rollcall.storage import large_change_items
from rollcall.storage.large_change_items import UnfinishedChange

BATCH = 25


def people(gate: Gateway, number: int) -> list[str]:
    """Create users by their document items alone, and return their ids."""
    ids = [str(UUID(int=each, version=4)) for each in range(number)]
    for begin in range(0, number, BATCH):
        puts: list[Any] = [
            {"PutRequest": {"Item": _document(gate.tenant, each)}}
            for each in ids[begin : begin + BATCH]
        ]
        gate.services.clients.dynamodb.batch_write_item(
            RequestItems={gate.services.table.name: puts}
        )
    return ids


def _document(tenant: str, identifier: str) -> dict[str, Any]:
    now = "2026-01-01T00:00:00.000Z"
    return {
        "pk": {"S": f"{tenant}#USER#{identifier}"},
        "sk": {"S": "DOCUMENT"},
        "document": {"S": json.dumps({"userName": identifier})},
        "version": {"N": "1"},
        "created": {"S": now},
        "modified": {"S": now},
    }


@contextmanager
def count_writes(client: Any) -> Iterator[Counter[str]]:
    """Count the round trips by operation, and the items that are written, under `items`."""
    counts: Counter[str] = Counter()

    def note(model: Any, params: Any, **_: Any) -> None:
        counts[model.name] += 1
        counts["items"] += len(params.get("TransactItems", ()))
        counts["items"] += model.name == "PutItem"
        counts["items"] += sum(map(len, params.get("RequestItems", {}).values())) * (
            model.name == "BatchWriteItem"
        )
        checks = [each for each in params.get("TransactItems", ()) if "ConditionCheck" in each]
        counts["items"] -= len(checks)

    client.meta.events.register("before-parameter-build.dynamodb", note)
    try:
        yield counts
    finally:
        client.meta.events.unregister("before-parameter-build.dynamodb", note)


def sweep(gate: Gateway) -> Iterator[UnfinishedChange]:
    """Continue unfinished changes to their end, as the scheduled sweep does."""
    later = replace(gate.services.sweep(), clock=lambda: datetime.now(UTC) + timedelta(hours=1))
    while list(large_change_items.unfinished_changes(gate.services.table, "9")):
        yield from later.run()


def members(ids: list[str]) -> list[dict[str, str]]:
    """Return members as clients send them."""
    return [{"value": each} for each in ids]


def main(small: int = 5_000, large: int = 50_000) -> None:
    """Measure, and print what was written."""
    with gateway() as gate:
        client = gate.services.clients.dynamodb
        ids = people(gate, large + 3)
        print(f"{len(ids):,} users are there", flush=True)
        group, _ = gate.send("POST", "/Groups", {"displayName": "PATCH"})
        adding = {"op": "Add", "path": "members", "value": members(ids[:small])}
        with count_writes(client) as counts:
            _, spent = gate.send("PATCH", f"/Groups/{group['id']}", {"Operations": [adding]})
        print(f"PATCH that adds {small:,}: {spent.wall:.1f} s, {dict(counts)}", flush=True)

        group, _ = gate.send("POST", "/Groups", {"displayName": "PUT"})
        path = f"/Groups/{group['id']}"
        whole = {"displayName": "PUT", "members": members(ids[:large])}
        with count_writes(client) as counts:
            _, spent = gate.send("PUT", path, whole, excludedAttributes="members")
        print(f"PUT of {large:,}: answered in {spent.wall:.1f} s, {dict(counts)}", flush=True)
        for _ in sweep(gate):
            print("the sweep finished what was begun", flush=True)

        whole["members"] = members([*ids[: large - 1], *ids[large : large + 2]])
        with count_writes(client) as counts:
            _, spent = gate.send("PUT", path, whole, excludedAttributes="members")
        print(f"PUT that changes 3 of {large:,}: {spent.wall:.1f} s, {dict(counts)}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
