"""A queue between our functions, and a topic for messages to people (SQS, SNS)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from rollcall.aws.aws_errors import translated_errors
from rollcall.aws.retry import Retry
from rollcall.scim.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

_BATCH = 10
"""The most messages of one call."""


class Queue:
    """A queue; it delivers each message at least once."""

    def __init__(self, sqs: SQSClient, url: str, retry: Retry | None = None) -> None:
        self._sqs = sqs
        self._url = url
        self._retry = retry or Retry()

    def send(self, messages: Iterable[Mapping[str, Any]]) -> int:
        """Send messages, as JSON, and return how many. Raises Unavailable."""
        sent = 0
        for batch in _batches(messages):
            left: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(number), "MessageBody": json.dumps(each)}
                for number, each in enumerate(batch)
            ]
            sent += len(left)
            for _ in self._retry.attempts():
                with translated_errors():
                    answer = self._sqs.send_message_batch(QueueUrl=self._url, Entries=left)
                failed = {each["Id"] for each in answer.get("Failed", ())}
                left = [each for each in left if each["Id"] in failed]
                if not left:
                    break
            else:
                raise Unavailable("the queue does not take messages, try again")
        return sent


class Topic:
    """A topic that people subscribe to."""

    def __init__(self, sns: SNSClient, arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, subject: str, text: str, content: Mapping[str, Any]) -> None:
        """Send `text` to people and `content` to programs, which may also filter by it."""
        attributes = {
            name: (
                {"DataType": "Number", "StringValue": str(value)}
                if isinstance(value, int)
                else {"DataType": "String", "StringValue": str(value)}
            )
            for name, value in content.items()
        }
        with translated_errors():
            self._sns.publish(
                TopicArn=self._arn,
                Subject=subject,
                Message=json.dumps({"default": json.dumps(content), "email": text}),
                MessageStructure="json",
                MessageAttributes=attributes,  # type: ignore[arg-type]
            )


def _batches(messages: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    iterator = iter(messages)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
