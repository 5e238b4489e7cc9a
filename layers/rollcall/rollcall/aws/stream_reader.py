"""The end of a table's stream, read as Lambda reads it for the functions of a deployment."""

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
    """The records of a table's stream from a moment on, each handed out once."""

    def __init__(self, client: DynamoDBStreamsClient, arn: str, begin: str = "LATEST") -> None:
        """`begin` is LATEST for what comes from now on, TRIM_HORIZON for all that is kept."""
        self._client = client
        self._arn = arn
        self._places = {shard: self._place(shard, begin) for shard in self._shards()}
        self._last: dict[str, str] = {}

    def pages(self) -> Iterator[Records]:
        """Yield what has come since the last time, in the order of each resource.

        Raises Unavailable; what was yielded by then does not come again.
        """
        for shard in self._shards():
            if shard not in self._places:
                self._places[shard] = self._place(shard, "TRIM_HORIZON")
        for shard in self._places:
            while self._places[shard]:
                page = self._page(shard)
                self._places[shard] = page.get("NextShardIterator", "")  # none behind its end
                if not page["Records"]:
                    break
                self._last[shard] = page["Records"][-1]["dynamodb"]["SequenceNumber"]
                yield page["Records"]

    def _page(self, shard: str) -> Any:
        """Read on; a place that is a quarter of an hour old, as after a sleep, is looked up."""
        try:
            with translated_errors():
                return self._client.get_records(ShardIterator=self._places[shard])
        except self._client.exceptions.ExpiredIteratorException:
            self._places[shard] = self._place(shard, "LATEST", self._last.get(shard))
            with translated_errors():
                return self._client.get_records(ShardIterator=self._places[shard])

    def _shards(self) -> list[str]:
        with translated_errors():
            described = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]
        return [each["ShardId"] for each in described["Shards"]]

    def _place(self, shard: str, begin: Any, after: str | None = None) -> str:
        at: Any = {"ShardIteratorType": begin}
        if after is not None:
            at = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        with translated_errors():
            return self._client.get_shard_iterator(StreamArn=self._arn, ShardId=shard, **at)[
                "ShardIterator"
            ]


def enable(client: DynamoDBClient, table: str) -> str:
    """Return the ARN of a table's stream, which is made where there is none."""
    with translated_errors():
        described = client.describe_table(TableName=table)["Table"]
        if not described.get("StreamSpecification", {}).get("StreamEnabled"):
            client.update_table(TableName=table, StreamSpecification=STREAM)  # type: ignore[arg-type]
            described = client.describe_table(TableName=table)["Table"]
    return described["LatestStreamArn"]
