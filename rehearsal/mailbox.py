"""A queue that receives what a stack sends: change events and messages to people."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from rehearsal.cloud import Cloud
from rehearsal.rows import DifferenceError

_SECONDS = 60.0


class Mailbox:
    """A queue, and the messages read from it so far."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self._sqs = cloud.client("sqs")
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        self.arn: str = attributes["Attributes"]["QueueArn"]
        self.messages: list[dict[str, Any]] = []
        self._open()

    def until(self, enough: Callable[[list[dict[str, Any]]], bool], what: str) -> None:
        """Read until there are enough messages. Raises DifferenceError with what is missing."""
        deadline = time.monotonic() + _SECONDS
        while not enough(self.messages):
            if time.monotonic() > deadline:
                raise DifferenceError(f"{what} did not come, but {len(self.messages)} messages")
            self._read()

    def rest(self) -> None:
        """Read the remaining messages."""
        while self._read():
            pass

    def _read(self) -> int:
        answer = self._sqs.receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        found = answer.get("Messages", ())
        for each in found:
            self.messages.append(json.loads(each["Body"]))
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each["ReceiptHandle"])
        return len(found)

    def _open(self) -> None:
        """Allow EventBridge and SNS to send."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})


def of_bus(cloud: Cloud, bus_arn: str) -> Mailbox:
    """Return a queue with a rule for all events of a bus, as a product has one."""
    mailbox, events = Mailbox(cloud, "product"), cloud.client("events")
    bus = bus_arn.rpartition("/")[2]
    pattern = json.dumps({"source": ["rollcall"]})
    events.put_rule(Name="product", EventBusName=bus, EventPattern=pattern)
    events.put_targets(
        Rule="product", EventBusName=bus, Targets=[{"Id": "queue", "Arn": mailbox.arn}]
    )
    return mailbox


def of_topic(cloud: Cloud, topic_arn: str) -> Mailbox:
    """Return a queue that is subscribed to a topic."""
    mailbox = Mailbox(cloud, "people")
    cloud.client("sns").subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=mailbox.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    return mailbox
