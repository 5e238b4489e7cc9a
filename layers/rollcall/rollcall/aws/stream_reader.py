"""A table's stream, read from now on, as Lambda reads it for a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rollcall.aws.aws_errors import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}

Records = Sequence[Mapping[str, Any]]


class StreamReader:
    """The records of a table's stream from a position on, each once."""

    def __init__(self, client: DynamoDBStreamsClient, arn: str, begin: str = "LATEST") -> None:
        """`begin` is LATEST for new records, TRIM_HORIZON for all that the stream holds."""
        self._client = client
        self._arn = arn
        self._iterators = {shard: self._iterator(shard, begin) for shard in self._shards()}
        self._last: dict[str, str] = {}

    def pages(self) -> Iterator[Records]:
        """Yield the records since the last call, in the order of each resource.

        Raises Unavailable; what was yielded before does not come again.
        """
        for shard in self._shards():
            if shard not in self._iterators:
                self._iterators[shard] = self._iterator(shard, "TRIM_HORIZON")
        for shard in self._iterators:
            while self._iterators[shard]:
                page = self._page(shard)
                self._iterators[shard] = page.get(
                    "NextShardIterator", ""
                )  # none at the end of a shard
                if not page["Records"]:
                    break
                self._last[shard] = page["Records"][-1]["dynamodb"]["SequenceNumber"]
                yield page["Records"]

    def _page(self, shard: str) -> Any:
        """Read the next page; an iterator that expired (after 15 minutes) is replaced."""
        try:
            with translated_errors():
                return self._client.get_records(ShardIterator=self._iterators[shard])
        except self._client.exceptions.ExpiredIteratorException:
            self._iterators[shard] = self._iterator(shard, "LATEST", self._last.get(shard))
            with translated_errors():
                return self._client.get_records(ShardIterator=self._iterators[shard])

    def _shards(self) -> list[str]:
        with translated_errors():
            described = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]
        return [each["ShardId"] for each in described["Shards"]]

    def _iterator(self, shard: str, begin: Any, after: str | None = None) -> str:
        at: Any = {"ShardIteratorType": begin}
        if after is not None:
            at = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        with translated_errors():
            return self._client.get_shard_iterator(StreamArn=self._arn, ShardId=shard, **at)[
                "ShardIterator"
            ]


def enable(client: DynamoDBClient, table: str) -> str:
    """Return the ARN of a table's stream; enable it where it is off."""
    with translated_errors():
        described = client.describe_table(TableName=table)["Table"]
        if not described.get("StreamSpecification", {}).get("StreamEnabled"):
            client.update_table(TableName=table, StreamSpecification=STREAM)  # type: ignore[arg-type]
            described = client.describe_table(TableName=table)["Table"]
    return described["LatestStreamArn"]
