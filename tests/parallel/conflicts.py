"""Transactions in each other's way, as DynamoDB has them and the emulator does not.

By "Transaction conflict handling in DynamoDB" of its developer guide, and the errors of each call
in its API reference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any

from tests.storage.faults import cancellation, refusal

Place = tuple[str, str]
"""The pk and the sk of an item."""

BOUND = 10.0
"""The seconds after which the first transaction goes on, and the test fails, if none meets it."""


class Conflicting:
    """A DynamoDB client whose transactions hold their items from the call to its answer.

    Meanwhile another transaction that names one of them, if only to check it, is cancelled, a
    single write of one is refused, and a batch leaves it unprocessed. Other reads see through.
    `conflicts` counts what was refused so, by operation.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = Lock()
        self._held: set[Place] = set()
        self._waiting: list[Event] = []
        self._met = Event()
        self.conflicts: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    @contextmanager
    def contention(self) -> Iterator[None]:
        """Fail unless transactions are in each other's way, which is not left to chance.

        The first transaction is not sent before another has met it.
        """
        self.conflicts.clear()
        self._met = Event()
        self._waiting = [self._met]
        yield
        assert self.conflicts["TransactWriteItems"], "nothing has met a transaction"

    def transact_write_items(self, **request: Any) -> Any:
        actions = [body for each in request["TransactItems"] for body in each.values()]
        with self._holding([_place(each.get("Item") or each["Key"]) for each in actions]):
            return self._client.transact_write_items(**request)

    def transact_get_items(self, **request: Any) -> Any:
        places = [_place(each["Get"]["Key"]) for each in request["TransactItems"]]
        with self._lock:
            self._cancel("TransactGetItems", places)
        return self._client.transact_get_items(**request)

    def put_item(self, **request: Any) -> Any:
        self._refuse("PutItem", request["Item"])
        return self._client.put_item(**request)

    def update_item(self, **request: Any) -> Any:
        self._refuse("UpdateItem", request["Key"])
        return self._client.update_item(**request)

    def delete_item(self, **request: Any) -> Any:
        self._refuse("DeleteItem", request["Key"])
        return self._client.delete_item(**request)

    def batch_write_item(self, **request: Any) -> Any:
        ((table, wanted),) = request["RequestItems"].items()
        with self._lock:
            left = [each for each in wanted if _written(each) in self._held]
            self.conflicts["BatchWriteItem"] += len(left)
        if not left:
            return self._client.batch_write_item(**request)
        if rest := [each for each in wanted if each not in left]:
            answer = self._client.batch_write_item(RequestItems={table: rest})
            left = [*left, *answer["UnprocessedItems"].get(table, [])]
        return {"UnprocessedItems": {table: left}}

    @contextmanager
    def _holding(self, places: Sequence[Place]) -> Iterator[None]:
        with self._lock:
            self._cancel("TransactWriteItems", places)
            self._held.update(places)
            first = self._waiting.pop() if self._waiting else None
        try:
            if first is not None:
                first.wait(BOUND)
            yield
        finally:
            with self._lock:
                self._held.difference_update(places)

    def _cancel(self, operation: str, places: Sequence[Place]) -> None:
        if self._held.isdisjoint(places):
            return
        self.conflicts[operation] += 1
        self._met.set()
        held = ("TransactionConflict" if each in self._held else "None" for each in places)
        answer: Any = cancellation(*held)
        raise self._client.exceptions.TransactionCanceledException(answer, operation)

    def _refuse(self, operation: str, key: Mapping[str, Any]) -> None:
        with self._lock:
            if _place(key) not in self._held:
                return
            self.conflicts[operation] += 1
        answer: Any = refusal("TransactionConflictException")
        raise self._client.exceptions.TransactionConflictException(answer, operation)


def _written(request: Mapping[str, Any]) -> Place:
    ((kind, body),) = request.items()
    return _place(body["Item"] if kind == "PutRequest" else body["Key"])


def _place(key: Mapping[str, Any]) -> Place:
    return key["pk"]["S"], key["sk"]["S"]
