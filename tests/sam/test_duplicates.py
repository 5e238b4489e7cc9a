"""The duplicate report in the template: who starts it, what it may, what becomes of failures."""

from __future__ import annotations

import json
from typing import Any

from rollcall.reconcile.duplicates.duplicate_run import MAX_STEPS
from tests.sam.test_template import RESOURCES

FUNCTION: dict[str, Any] = RESOURCES["DuplicatesFunction"]["Properties"]
QUEUE: dict[str, Any] = RESOURCES["DuplicatesQueue"]["Properties"]

LOOP = 16
"""The invocations in a row after which Lambda takes messages for a loop and drops them."""


def test_the_schedule_names_the_run_by_the_time_at_which_it_was_due() -> None:
    schedule = FUNCTION["Events"]["Schedule"]

    assert schedule["Type"] == "ScheduleV2"
    assert json.loads(schedule["Properties"]["Input"]) == {"run": "<aws.scheduler.scheduled-time>"}


def test_of_a_batch_only_what_failed_comes_again_and_ends_dead_and_noticed() -> None:
    source = FUNCTION["Events"]["Tenants"]["Properties"]
    alarm = RESOURCES["DuplicatesAlarm"]["Properties"]

    assert source["Queue"] == {"Fn::GetAtt": "DuplicatesQueue.Arn"}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert QUEUE["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": "DuplicatesDeadLetters.Arn"
    }
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": "DuplicatesDeadLetters.QueueName"}}
    ]
    assert alarm["AlarmActions"] == [{"Ref": "ReportTopic"}]


def test_a_message_is_not_delivered_again_while_it_is_worked_on() -> None:
    assert QUEUE["VisibilityTimeout"] >= 6 * FUNCTION["Timeout"]


def test_a_run_is_continued_less_often_than_lambda_allows() -> None:
    assert MAX_STEPS + 2 < LOOP  # the fan-out and the first message count as well


def test_reports_are_private_encrypted_and_go_by_themselves() -> None:
    bucket = RESOURCES["ReportBucket"]["Properties"]
    (statement,) = RESOURCES["ReportBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == {"Ref": "ReportDays"}
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_link_opens_reports_and_no_tenants_items() -> None:
    (policy,) = RESOURCES["ReportsRole"]["Properties"]["Policies"]
    table, bucket = policy["PolicyDocument"]["Statement"]

    assert table["Action"] == "dynamodb:GetItem"
    assert table["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["#REPORT#*"]}
    }
    assert bucket["Action"] == "s3:GetObject"
