"""The table: reads and conditional transactions.

The SDK retries throttled, failed and interrupted calls itself, with one request token per
transaction, so that a repeated transaction is applied once. It does not retry a transaction that
conflicts with another one in flight (`TransactionConflict`). That is done here, with jitter, within
the time that a request has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from rollcall.aws.attribute_values import Item, decoded, encoded
from rollcall.aws.aws_errors import ClientError, is_conflict, translated_errors
from rollcall.aws.retry import Retry
from rollcall.scim.errors import TooManyException, Unavailable
from rollcall.storage import batch_writes
from rollcall.storage.keys import Key
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.transactions import Action, ConditionFailed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX = "index"
"""The secondary index of listings: `gsi_pk`, `gsi_sk`, keys only."""

CHANGES = "changes"
"""The secondary index of documents in the order of change: `feed`, `modified`, keys only."""

MAX_BATCH = 100
"""The maximum number of keys in one BatchGetItem."""

FEW_BATCHES = 8
"""Fewer batches are read one after the other, more at the same time."""

_CONFLICTING = "too many changes of the same resource at once"
_CONFLICTS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class Bounds(TypedDict, total=False):
    """The part of a partition that a query reads, and in which direction.

    Reading begins after the sort key `after`, before it when `backwards`, at it when `inclusive`.
    `limit` is the page size, 0 for as many items as one round trip returns.
    """

    after: str
    backwards: bool
    inclusive: bool
    limit: int


class Table:
    """One DynamoDB table, read and written as plain values."""

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        retry: Retry | None = None,
        max_actions: int = 100,
        page_items: int | None = None,
    ) -> None:
        """`max_actions` and `page_items` are DynamoDB's limits; tests set smaller ones."""
        self._client = client
        self.name = name
        self.retry = retry or Retry()
        self.max_actions = max_actions
        self._limit: dict[str, Any] = {} if page_items is None else {"Limit": page_items}

    def get(self, key: Key) -> Item | None:
        """Read one item, strongly consistent."""
        with translated_errors():
            answer = self._client.get_item(
                TableName=self.name, Key=encoded(key), ConsistentRead=True
            )
        return decoded(answer["Item"]) if "Item" in answer else None

    def put(self, key: Key, item: Item) -> None:
        """Write one item, in place of an existing one."""
        for _ in self.retry.attempts():
            try:
                with translated_errors():
                    self._client.put_item(TableName=self.name, Item=encoded({**key, **item}))
            except ClientError as error:
                if not is_conflict(error):
                    raise
            else:
                return
        raise Unavailable(_CONFLICTING, status=429)

    def replace(self, action: Action) -> None:
        """Apply one put by itself, which takes half of a transaction. Raises ConditionFailed."""
        try:
            with translated_errors():
                self._client.put_item(**action.request(self.name)["Put"])
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ConditionFailed([action.label]) from error

    def remove(self, action: Action) -> None:
        """Apply one deletion by itself. Raises ConditionFailed."""
        for _ in self.retry.attempts():
            try:
                with translated_errors():
                    self._client.delete_item(**action.request(self.name)["Delete"])
            except self._client.exceptions.ConditionalCheckFailedException as error:
                raise ConditionFailed([action.label]) from error
            except ClientError as error:
                if not is_conflict(error):
                    raise
            else:
                return
        raise Unavailable(_CONFLICTING, status=429)

    def update(self, action: Action) -> Item:
        """Apply one update; return the item before it, {} for a new one. Raises ConditionFailed."""
        request = action.request(self.name)["Update"]
        try:
            with translated_errors():
                answer = self._client.update_item(**request, ReturnValues="ALL_OLD")
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise ConditionFailed([action.label]) from error
        return decoded(answer.get("Attributes", {}))

    def get_many(
        self, keys: Iterable[Key], only: Sequence[str] = ()
    ) -> dict[tuple[str, str], Item]:
        """Read items, strongly consistent, by (pk, sk); those that do not exist are left out.

        One round trip per MAX_BATCH keys, several at a time where there are many. `only` names the
        attributes to read, all when it is empty.
        """
        raw_keys = list({(key["pk"], key["sk"]): encoded(key) for key in keys}.values())
        batches = [raw_keys[at : at + MAX_BATCH] for at in range(0, len(raw_keys), MAX_BATCH)]
        shape = _projection(only)
        if len(batches) < FEW_BATCHES:
            results = [self._get_batch(each, shape) for each in batches]
        else:
            results = at_once([partial(self._get_batch, each, shape) for each in batches])
        return {(item["pk"], item["sk"]): item for items in results for item in items}

    def _get_batch(self, keys: list[Any], shape: Mapping[str, Any]) -> list[Item]:
        items: list[Item] = []
        attempts = self.retry.attempts()
        while keys:
            if next(attempts, "over") == "over":
                raise Unavailable("the directory is busy, try again")
            request: Any = {"Keys": keys, "ConsistentRead": True, **shape}
            with translated_errors():
                answer = self._client.batch_get_item(RequestItems={self.name: request})
            items += map(decoded, answer["Responses"].get(self.name, ()))
            unprocessed: dict[str, Any] = dict(answer["UnprocessedKeys"])
            remaining: list[Any] = unprocessed.get(self.name, {}).get("Keys", [])
            if len(remaining) < len(keys):
                attempts = self.retry.attempts()
                next(attempts)
            keys = remaining
        return items

    def query(self, pk: str, prefix: str = "", **bounds: Unpack[Bounds]) -> Iterator[Item]:
        """Read the items whose `sk` begins with `prefix`, in order, consistent, by pages."""
        after = "" if bounds.get("inclusive") else bounds.get("after", "")
        for page in self.pages(pk, prefix, **bounds):
            yield from (item for item in page if item["sk"] != after)

    def pages(
        self, pk: str, prefix: str = "", only: Sequence[str] = (), **bounds: Unpack[Bounds]
    ) -> Iterator[list[Item]]:
        """Read the items of a partition as `query` does, `after` included, a list a round trip.

        `only` names the attributes to read, all when it is empty.
        """
        request = {**_request("pk", pk, "sk", prefix, bounds), **_projection(only)}
        return self._pages(self._client.query, ConsistentRead=True, **request)

    def query_index(
        self, gsi_pk: str, prefix: str = "", **bounds: Unpack[Bounds]
    ) -> Iterator[Item]:
        """Read the keys of an index partition in order, eventually consistent."""
        request = _request("gsi_pk", gsi_pk, "gsi_sk", prefix, bounds)
        for page in self._pages(self._client.query, IndexName=INDEX, **request):
            yield from page

    def query_changes(self, feed: str, **bounds: Unpack[Bounds]) -> Iterator[Item]:
        """Read the keys of a partition of the order of change, eventually consistent."""
        request = _request("feed", feed, "modified", "", bounds)
        for page in self._pages(self._client.query, IndexName=CHANGES, **request):
            yield from page

    def scan(self, *prefixes: str, only: Sequence[str] = ()) -> Iterator[Item]:
        """Read every item whose `pk` has one of the prefixes, or all, strongly consistent.

        This reads the whole table. `only` names the attributes to read, all when it is empty.
        """
        for page in self.scan_pages(*prefixes, only=only):
            yield from page

    def scan_pages(self, *prefixes: str, only: Sequence[str] = ()) -> Iterator[list[Item]]:
        """Read as `scan` does, a list a round trip; many are empty where the table is large."""
        values = {f":beginning{number}": each for number, each in enumerate(prefixes)}
        filtered = {
            "FilterExpression": " OR ".join(f"begins_with(pk, {each})" for each in values),
            "ExpressionAttributeValues": encoded(values),
        }
        request = {**(filtered if values else {}), **_projection(only)}
        return self._pages(self._client.scan, ConsistentRead=True, **request)

    def transact(self, actions: Sequence[Action], seconds: float | None = None) -> None:
        """Apply all actions or none; `seconds` replaces the time that a request has for attempts.

        Raises ConditionFailed naming the conditions that did not hold, TooManyException for more
        actions than a transaction takes, Unavailable when others conflicted for too long.
        """
        if len(actions) > self.max_actions:
            raise TooManyException(
                detail=f"one request changes at most {self.max_actions} items, not {len(actions)}: "
                "send fewer members at a time"
            )
        for _ in self.retry.attempts(seconds):
            requests: list[Any] = [action.request(self.name) for action in actions]
            try:
                with translated_errors():
                    self._client.transact_write_items(TransactItems=requests)
            except self._client.exceptions.TransactionCanceledException as error:
                reasons = [each.get("Code") for each in error.response["CancellationReasons"]]
                if "ConditionalCheckFailed" in reasons:
                    raise ConditionFailed(
                        action.label
                        for action, reason in zip(actions, reasons, strict=True)
                        if reason == "ConditionalCheckFailed"
                    ) from error
                if not _CONFLICTS.intersection(filter(None, reasons)):
                    raise
            else:
                return
        raise Unavailable(_CONFLICTING, status=429)

    def delete(self, keys: Iterable[Key]) -> None:
        """Delete items, unconditionally, in batches."""
        self._write_batches({"DeleteRequest": {"Key": encoded(key)}} for key in keys)

    def put_many(self, items: Iterable[Item]) -> None:
        """Write whole items, in place of existing ones, in batches; some may be written if not all.

        No two of them may have the same key.
        """
        self._write_batches({"PutRequest": {"Item": encoded(item)}} for item in items)

    def _write_batches(self, requests: Iterable[Any]) -> None:
        batch_writes.write(self._client, self.name, self.retry, list(requests))

    def _pages(self, read: Callable[..., Any], **request: Any) -> Iterator[list[Item]]:
        request = {**self._limit, **request}
        while True:
            with translated_errors():
                answer = read(TableName=self.name, **request)
            yield [decoded(each) for each in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _projection(names: Sequence[str]) -> dict[str, Any]:
    if not names:
        return {}
    return {
        "ProjectionExpression": ", ".join(f"#{each}" for each in names),
        "ExpressionAttributeNames": {f"#{each}": each for each in names},
    }


def _request(pk_name: str, pk: str, name: str, prefix: str, bounds: Bounds) -> dict[str, Any]:
    """Return the parameters of a query; DynamoDB takes one condition on the sort key."""
    after, backwards = bounds.get("after", ""), bounds.get("backwards", False)
    values = {":pk": pk}
    if after and prefix:
        low, high = (prefix, after) if backwards else (after, f"{prefix}\U0010ffff")
        condition, values = (
            f" AND {name} BETWEEN :low AND :high",
            {**values, ":low": low, ":high": high},
        )
    elif after:
        operator = ("<" if backwards else ">") + "=" * bounds.get("inclusive", False)
        condition, values[":sk"] = f" AND {name} {operator} :sk", after
    elif prefix:
        condition, values[":sk"] = f" AND begins_with({name}, :sk)", prefix
    else:
        condition = ""
    return {
        "KeyConditionExpression": f"{pk_name} = :pk{condition}",
        "ExpressionAttributeValues": encoded(values),
        "ScanIndexForward": not backwards,
        **({"Limit": bounds["limit"]} if bounds.get("limit") else {}),
    }
