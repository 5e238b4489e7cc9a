"""Batches of stream records that could not be published, which Lambda keeps in a bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from rollcall.aws.aws_errors import translated_errors
from rollcall.operator_error import OperatorError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


StreamRecord: TypeAlias = Mapping[str, Any]
"""A record of the table's stream, as Lambda hands it over."""


class UnpublishedError(OperatorError):
    """A batch cannot be read; the message is one sentence."""


@dataclass(frozen=True)
class DeadLetterBatch:
    """A batch by the key of its object, and when Lambda stored it."""

    key: str
    at: datetime

    @property
    def name(self) -> str:
        """The name of the object in its folder: a time and a random id."""
        return self.key.rpartition("/")[2]


class DeadLetters:
    """The bucket of these batches."""

    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def batches(self) -> Iterator[DeadLetterBatch]:
        """Yield all batches in the order of their keys: the oldest of each shard first."""
        pages = self._s3.get_paginator("list_objects_v2")
        with translated_errors():
            for page in pages.paginate(Bucket=self._bucket):
                for each in page.get("Contents", ()):
                    yield DeadLetterBatch(each["Key"], each["LastModified"])

    def records(self, batch: DeadLetterBatch) -> Sequence[StreamRecord]:
        """Return the stream records of a batch. Raises UnpublishedError when it holds none."""
        return self._read(batch)[1]

    def delete(self, batch: DeadLetterBatch) -> None:
        """Delete a batch that has been published."""
        with translated_errors():
            self._s3.delete_object(Bucket=self._bucket, Key=batch.key)

    def forget(self, tenant: str) -> None:
        """Delete the records of a tenant from all batches; may be repeated."""
        for _ in self.rewrite(lambda record: None if _is_of(record, tenant) else record):
            pass

    def rewrite(self, change: Callable[[StreamRecord], StreamRecord | None]) -> Iterator[str]:
        """Replace every record by what `change` returns, and delete it where that is None.

        Yields the names of the batches that have changed. A batch that holds no records is left.
        """
        for batch in self.batches():
            try:
                content, records = self._read(batch)
            except UnpublishedError:
                continue  # nothing in it says whose it is
            changed = [each for each in map(change, records) if each is not None]
            if changed == records:
                continue
            if changed:
                body = json.dumps({**content, "payload": {"Records": changed}})
                with translated_errors():
                    self._s3.put_object(Bucket=self._bucket, Key=batch.key, Body=body.encode())
            else:
                self.delete(batch)
            yield batch.name

    def _read(self, batch: DeadLetterBatch) -> tuple[Mapping[str, Any], Sequence[StreamRecord]]:
        """Return what an object says, and the records in it. Raises UnpublishedError."""
        with translated_errors():
            try:
                found = self._s3.get_object(Bucket=self._bucket, Key=batch.key)
            except self._s3.exceptions.NoSuchKey as error:
                raise UnpublishedError(f"{batch.name} is not there any more") from error
            read = found["Body"].read()
        try:
            content: Mapping[str, Any] = json.loads(read)
            payload = content["payload"]
            event = json.loads(payload) if isinstance(payload, str) else payload
            records: Sequence[StreamRecord] = event["Records"]
        except (KeyError, TypeError, ValueError) as error:
            raise UnpublishedError(f"{batch.name} holds no records of a stream") from error
        return content, records


def _is_of(record: StreamRecord, tenant: str) -> bool:
    return str(record["dynamodb"]["Keys"]["pk"]["S"]).startswith(f"{tenant}#")
