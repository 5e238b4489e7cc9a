"""The request units of DynamoDB, worked out from what is asked and answered.

A read takes a unit for each 4 kB, strongly consistent, half of it otherwise; a write takes one for
each kB, two in a transaction. Items are rounded up one by one, except in a query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import ceil
from threading import local
from typing import Any

from tests.storage.faults import registered


@dataclass
class Cost:
    """Round trips by operation, in order, and the units of them all."""

    calls: list[str]
    reads: float = 0.0
    writes: float = 0.0

    @property
    def total(self) -> tuple[int, float, float]:
        """Round trips, read units, write units."""
        return len(self.calls), self.reads, self.writes


@contextmanager
def metered(client: Any) -> Iterator[Cost]:
    """Yield the cost of what is asked of a DynamoDB client meanwhile."""
    cost, asked = Cost([]), local()  # what one thread asks is answered to the same one

    def ask(params: Any, **_: Any) -> None:
        asked.params = params

    def answer(model: Any, parsed: Any, **_: Any) -> None:
        cost.calls.append(model.name)
        cost.reads += _reads(model.name, asked.params, parsed)
        cost.writes += _writes(model.name, asked.params)

    with ExitStack() as hooks:
        hooks.enter_context(registered(client, "before-parameter-build.dynamodb", ask))
        hooks.enter_context(registered(client, "after-call.dynamodb", answer))
        yield cost


def _reads(operation: str, asked: Mapping[str, Any], answered: Mapping[str, Any]) -> float:
    if operation == "GetItem":
        return max(1, _size(answered.get("Item", {}), 4096))
    if operation == "BatchGetItem":
        ((table, request),) = asked["RequestItems"].items()
        found = [_size(item, 4096) for item in answered["Responses"].get(table, [])]
        return sum(found) + len(request["Keys"]) - len(found)
    if operation in ("Query", "Scan"):
        size = sum(_bytes(item) for item in answered["Items"])
        consistent = asked.get("ConsistentRead", False)
        return max(1, ceil(size / 4096)) * (1 if consistent else 0.5)
    return 0


def _writes(operation: str, asked: Mapping[str, Any]) -> float:
    if operation == "TransactWriteItems":
        actions = [body for each in asked["TransactItems"] for body in each.values()]
        return 2 * sum(max(1, _size(_written(body), 1024)) for body in actions)
    if operation == "UpdateItem":
        return max(1, _size(_written(asked), 1024))
    if operation == "PutItem":
        return max(1, _size(asked["Item"], 1024))
    return 0


def _written(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**body.get("Item", body.get("Key", {})), **body.get("ExpressionAttributeValues", {})}


def _size(item: Mapping[str, Any], unit: int) -> int:
    return ceil(_bytes(item) / unit)


def _bytes(item: Mapping[str, Any]) -> int:
    return sum(len(name) + len(str(value)) for name, value in item.items())
