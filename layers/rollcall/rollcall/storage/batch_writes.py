"""Unconditional writes and deletions of many items, until each is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollcall.aws.aws_errors import ClientError, is_conflict, translated_errors
from rollcall.aws.retry import Retry
from rollcall.scim.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 25
"""The most requests of one BatchWriteItem."""


def write(client: DynamoDBClient, table: str, retry: Retry, requests: list[Any]) -> None:
    """Apply requests of BatchWriteItem, again where DynamoDB left some over.

    Raises Unavailable when it leaves them all over for too long.
    """
    attempts = retry.attempts()
    while requests:
        if next(attempts, "over") == "over":
            raise Unavailable("the directory is busy, try again")
        batch, requests = requests[:BATCH], requests[BATCH:]
        remaining = _write_batch(client, table, batch)
        if len(remaining) < len(batch):
            attempts = retry.attempts()
            if remaining:
                next(attempts)  # a pause before what was left over
        requests = remaining + requests


def _write_batch(client: DynamoDBClient, table: str, batch: list[Any]) -> list[Any]:
    """Write a batch and return the requests that were not applied."""
    try:
        with translated_errors():
            answer = client.batch_write_item(RequestItems={table: batch})
    except ClientError as error:
        # Not documented for this call, but each of its items is a write that can conflict.
        if not is_conflict(error):
            raise
        return batch
    return list(answer["UnprocessedItems"].get(table, ()))
