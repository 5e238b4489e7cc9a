"""A table with a stream, and a bus beside it, on an emulator."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import boto3

from rollcall.aws import stream_reader
from rollcall.aws.clients import connect_streams
from rollcall.aws.stream_reader import StreamReader
from rollcall.changes.change_events import Event, change_events
from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.storage import item_changes
from rollcall.storage.table import Table

_NUMBERS = count(1)
URL = "https://scim.test/live"

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Streamed:
    """Services on a table with a stream."""

    services: Services
    arn: str

    def records(self) -> list[Record]:
        """Return all records since the table was made."""
        client = connect_streams(self.services.settings.endpoint_url)
        pages = StreamReader(client, self.arn, "TRIM_HORIZON").pages()
        return [record for page in pages for record in page]

    def events(self) -> list[Event]:
        """Return all events since the table was made."""
        return [
            each
            for change in item_changes.changes(self.records())
            for each in change_events(change, URL)
        ]


def streamed(services: Services) -> Streamed:
    """Return the same services on a table of its own with a stream, and a bus of its own."""
    # Long enough for the SDK, which refuses the shards of the engine under a short name.
    name = f"with-a-stream-{next(_NUMBERS)}"
    settings = replace(services.settings, table=name, bus=name, secrets=f"{name}/tenants")
    settings = replace(settings, reports=f"{name}-reports", unpublished=f"{name}-unpublished")
    own = Services(settings, services.clients)
    own.table = Table(own.clients.dynamodb, name)
    local_server.create_table(own)
    local_server.create_channels(own)
    own.bus().create()
    return Streamed(own, stream_reader.enable(own.clients.dynamodb, name))


def aws(services: Services, service: str) -> Any:
    """Return a client of the emulator."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=services.settings.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def handed_over(record: Record) -> dict[str, Any]:
    """Return a record as Lambda hands it over, the instant as a number."""
    at = record["dynamodb"]["ApproximateCreationDateTime"]
    return {
        **record,
        "dynamodb": {**record["dynamodb"], "ApproximateCreationDateTime": at.timestamp()},
    }


def batches(records: Iterable[Record], size: int = 100) -> Iterator[list[dict[str, Any]]]:
    """Yield records as Lambda hands them over, so many at a time."""
    given = [handed_over(each) for each in records]
    yield from (given[at : at + size] for at in range(0, len(given), size))


def body(each: Event) -> dict[str, Any]:
    """Return the detail of an event as a receiver reads it."""
    read: dict[str, Any] = json.loads(each.detail)
    return read


class Received:
    """A queue behind a bus: what the product receives."""

    def __init__(self, services: Services, name: str) -> None:
        """`name` is the queue's; the rule is for the tenant acme."""
        self._queues, rules = aws(services, "sqs"), aws(services, "events")
        self._queue = self._queues.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        pattern = json.dumps({"source": ["rollcall"], "detail": {"tenant": ["acme"]}})
        bus = services.settings.bus
        rules.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
        rules.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])

    def all(self) -> list[dict[str, Any]]:
        """Return what is in the queue, which is empty by that."""
        found = []
        while messages := self._queues.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self._queues.delete_message(
                    QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"]
                )
        return found
