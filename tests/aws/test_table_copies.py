"""Copies at an earlier time: the calls as AWS's own description of DynamoDB takes them.

The engine has no point-in-time recovery, and the emulator's ignores the time: here the calls are
checked, by botocore's Stubber, and the drill makes its copy itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from rollcall.aws.table_copies import CopyError, CopyState, TableCopies

AT = datetime(2026, 11, 27, 12, 30, 5, tzinfo=UTC)
COPY = "rollcall-at-20261127T123005Z"
ARN = "arn:aws:dynamodb:eu-west-1:123456789012:table/"


class Copies:
    """The copies of a table whose DynamoDB answers as it is told."""

    def __init__(self) -> None:
        session: Any = boto3.session.Session("test", "test", region_name="eu-west-1")
        client = session.client("dynamodb")
        self.stub = Stubber(client)
        self.copies = TableCopies(client, "rollcall")

    def table(self, name: str, **more: Any) -> None:
        """Expect a description of a table."""
        described = {"TableName": name, "TableArn": f"{ARN}{name}", "TableStatus": "ACTIVE", **more}
        self.stub.add_response("describe_table", {"Table": described}, {"TableName": name})

    def recovery(self, status: str) -> None:
        """Expect to be asked for the recovery of the copy."""
        recovery = {"PointInTimeRecoveryStatus": status}
        self.stub.add_response(
            "describe_continuous_backups",
            {
                "ContinuousBackupsDescription": {
                    "ContinuousBackupsStatus": "ENABLED",
                    "PointInTimeRecoveryDescription": recovery,
                }
            },
            {"TableName": COPY},
        )


@pytest.fixture
def aws() -> Iterator[Copies]:
    """A DynamoDB that expects certain calls, all of which have to come."""
    copies = Copies()
    with copies.stub:
        yield copies
        copies.stub.assert_no_pending_responses()


def test_a_copy_is_named_by_its_time_so_that_a_repeated_command_finds_it(aws: Copies) -> None:
    assert aws.copies.name(AT) == COPY


def test_a_copy_is_restored_from_the_table_at_the_time(aws: Copies) -> None:
    request = {"SourceTableName": "rollcall", "TargetTableName": COPY, "RestoreDateTime": AT}
    aws.stub.add_response("restore_table_to_point_in_time", {}, request)

    aws.copies.begin(COPY, AT)


def test_a_copy_that_was_begun_before_is_not_begun_again(aws: Copies) -> None:
    aws.stub.add_client_error("restore_table_to_point_in_time", "TableAlreadyExistsException")

    aws.copies.begin(COPY, AT)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("InvalidRestoreTimeException", "does not reach back"),
        ("PointInTimeRecoveryUnavailableException", "is off"),
        ("TableNotFoundException", "does not exist"),
        ("UnknownOperationException", "no point-in-time recovery"),
    ],
)
def test_a_copy_that_cannot_be_made_is_said_in_a_sentence(
    aws: Copies, code: str, sentence: str
) -> None:
    aws.stub.add_client_error("restore_table_to_point_in_time", code)

    with pytest.raises(CopyError, match=sentence):
        aws.copies.begin(COPY, AT)


def test_a_copy_is_ready_when_it_is_active_and_all_of_it_is_there(aws: Copies) -> None:
    aws.stub.add_client_error("describe_table", "ResourceNotFoundException")
    aws.table(COPY, TableStatus="CREATING")
    aws.table(COPY, RestoreSummary={"RestoreDateTime": AT, "RestoreInProgress": True})
    aws.table(COPY, RestoreSummary={"RestoreDateTime": AT, "RestoreInProgress": False})

    assert [aws.copies.state(COPY) for _ in range(4)] == [
        CopyState(),
        CopyState(exists=True),
        CopyState(exists=True),
        CopyState(exists=True, ready=True),
    ]


def test_a_copy_gets_the_expiry_and_the_tags_that_it_comes_without(aws: Copies) -> None:
    expiry = {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    aws.stub.add_response("describe_time_to_live", expiry, {"TableName": COPY})
    specification = {"AttributeName": "expires", "Enabled": True}
    aws.stub.add_response(
        "update_time_to_live",
        {"TimeToLiveSpecification": specification},
        {"TableName": COPY, "TimeToLiveSpecification": specification},
    )
    aws.table("rollcall")
    aws.table(COPY)
    own, theirs = {"Key": "team", "Value": "x"}, {"Key": "aws:cloudformation:stack", "Value": "y"}
    tags, arn = {"Tags": [theirs, own]}, {"ResourceArn": f"{ARN}rollcall"}
    aws.stub.add_response("list_tags_of_resource", tags, arn)
    aws.stub.add_response("tag_resource", {}, {"ResourceArn": f"{ARN}{COPY}", "Tags": [own]})

    aws.copies.set_expiry_and_tags(COPY)


def test_a_copy_that_is_to_serve_gets_recovery_stream_and_protection_one_by_one(
    aws: Copies,
) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    aws.table(COPY)
    aws.recovery("DISABLED")
    aws.stub.add_response(
        "update_continuous_backups",
        {},
        {
            "TableName": COPY,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    )
    aws.table(COPY)
    aws.recovery("ENABLED")
    aws.stub.add_response("update_table", {}, {"TableName": COPY, "StreamSpecification": stream})
    aws.table(COPY, TableStatus="UPDATING")
    aws.table(COPY, StreamSpecification=stream)
    aws.recovery("ENABLED")
    aws.stub.add_response(
        "update_table", {}, {"TableName": COPY, "DeletionProtectionEnabled": True}
    )
    aws.table(COPY, StreamSpecification=stream, DeletionProtectionEnabled=True)
    aws.recovery("ENABLED")

    assert [aws.copies.make_ready_to_serve(COPY) for _ in range(5)] == [False] * 4 + [True]
