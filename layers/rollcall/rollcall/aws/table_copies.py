"""Copies of the table as it was at an earlier time, by DynamoDB's point-in-time recovery.

A copy comes with keys, indexes and encryption, and without expiry, tags, stream, recovery and
protection. Every call here may be repeated at any point.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rollcall.aws.aws_errors import ClientError, translated_errors
from rollcall.operator_error import OperatorError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EXPIRY = {"AttributeName": "expires", "Enabled": True}
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
RECOVERY = {"PointInTimeRecoveryEnabled": True}

_MISSING = "ResourceNotFoundException"
_REFUSED = {
    "InvalidRestoreTimeException": "point-in-time recovery does not reach back to that time",
    "PointInTimeRecoveryUnavailableException": "point-in-time recovery is off for the table",
    "TableNotFoundException": "the table does not exist",
    "UnknownOperationException": "this DynamoDB has no point-in-time recovery",
}


class CopyError(OperatorError):
    """A copy cannot be made; the message is one sentence."""


@dataclass(frozen=True)
class CopyState:
    """Whether a copy exists, and whether it can be read; `stream` is the ARN of its stream."""

    exists: bool = False
    ready: bool = False
    stream: str = ""


class TableCopies:
    """The copies of one table."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client: Any = client
        self._table = table

    def name(self, at: datetime) -> str:
        """Return the name of the copy at a time, so that a repeated command finds it."""
        return f"{self._table}-at-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def source_exists(self) -> bool:
        """Tell whether the table itself is still there."""
        return self._describe(self._table) is not None

    def state(self, copy: str) -> CopyState:
        """Return the state of a copy."""
        table = self._describe(copy)
        if table is None:
            return CopyState()
        restoring = table.get("RestoreSummary", {}).get("RestoreInProgress", False)
        ready = table["TableStatus"] == "ACTIVE" and not restoring
        return CopyState(exists=True, ready=ready, stream=table.get("LatestStreamArn", ""))

    def begin(self, copy: str, at: datetime) -> None:
        """Begin to make a copy. Raises CopyError where that is not possible."""
        with _refused(), translated_errors():
            try:
                self._client.restore_table_to_point_in_time(
                    SourceTableName=self._table, TargetTableName=copy, RestoreDateTime=at
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "TableAlreadyExistsException":
                    raise

    def set_expiry_and_tags(self, copy: str) -> None:
        """Give a copy the expiry of items, and the tags of the table."""
        with translated_errors():
            expiry = self._client.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
            if expiry.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
                self._client.update_time_to_live(TableName=copy, TimeToLiveSpecification=EXPIRY)
        table, made = self._describe(self._table), self._describe(copy)
        if table is not None and made is not None and (tags := self._tags(table["TableArn"])):
            with translated_errors():
                self._client.tag_resource(ResourceArn=made["TableArn"], Tags=tags)

    def make_ready_to_serve(self, copy: str) -> bool:
        """Take the next step that a copy needs before it can be the table; tell whether none is.

        The steps are recovery, stream and protection; each may take the table some time.
        """
        table = self._describe(copy)
        if table is None or table["TableStatus"] != "ACTIVE":
            return False
        with translated_errors():
            if not self._is_recoverable(copy):
                self._client.update_continuous_backups(
                    TableName=copy, PointInTimeRecoverySpecification=RECOVERY
                )
            elif not table.get("StreamSpecification", {}).get("StreamEnabled"):
                self._client.update_table(TableName=copy, StreamSpecification=STREAM)
            elif not table.get("DeletionProtectionEnabled"):
                self._client.update_table(TableName=copy, DeletionProtectionEnabled=True)
            else:
                return True
        return False

    def _is_recoverable(self, copy: str) -> bool:
        found = self._client.describe_continuous_backups(TableName=copy)
        recovery = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")

    def _describe(self, name: str) -> Any:
        with translated_errors(but=_MISSING):
            try:
                return self._client.describe_table(TableName=name)["Table"]
            except ClientError as error:
                if error.response["Error"]["Code"] != _MISSING:
                    raise
                return None

    def _tags(self, arn: str) -> list[dict[str, str]]:
        """Return the tags of the table that others than AWS may set."""
        request, tags = {"ResourceArn": arn}, []
        while True:
            with translated_errors():
                page = self._client.list_tags_of_resource(**request)
            tags += [each for each in page["Tags"] if not each["Key"].startswith("aws:")]
            if "NextToken" not in page:
                return tags
            request["NextToken"] = page["NextToken"]


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        sentence = _REFUSED.get(error.response["Error"]["Code"])
        if sentence is None:
            raise
        raise CopyError(sentence) from error
