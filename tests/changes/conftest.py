"""A tenant on a table with a stream, served over HTTP, and a bus, on the emulator of all tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import boto3
import pytest
from starlette.testclient import TestClient

from rollcall import local
from rollcall.changes.events import Event, events
from rollcall.http.routes import EVERYTHING
from rollcall.runtime import Services, logger
from rollcall.storage import stream
from rollcall.storage.table import Table
from tests.conftest import Server

_NUMBERS = count(1)
URL = "https://scim.test/live"


@dataclass(frozen=True)
class Streamed:
    """Services on a table with a stream."""

    services: Services
    client: Any
    arn: str

    def records(self) -> list[dict[str, Any]]:
        """Return all records since the table was made."""
        (shard,) = self.client.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        at = self.client.get_shard_iterator(
            StreamArn=self.arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found: list[dict[str, Any]] = []
        while True:
            page = self.client.get_records(ShardIterator=at)
            found += page["Records"]
            if not page["Records"]:
                return found
            at = page["NextShardIterator"]

    def events(self) -> list[Event]:
        """Return all events since the table was made."""
        return [each for change in stream.changes(self.records()) for each in events(change, URL)]


def aws(server: Server, service: str) -> Any:
    """Return a client of the emulator."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=server.running.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture
def streamed(server: Server) -> Streamed:
    """A table of its own with a stream, and a bus of its own."""
    name = f"streamed-{next(_NUMBERS)}"
    settings = replace(server.services.settings, table=name, bus=name, secrets=f"{name}/tenants")
    services = Services(settings, server.services.clients)
    services.table = Table(services.clients.dynamodb, name)
    local.create_table(services)
    services.clients.dynamodb.update_table(
        TableName=name,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    described = services.clients.dynamodb.describe_table(TableName=name)["Table"]
    services.bus().create()
    return Streamed(services, aws(server, "dynamodbstreams"), described["LatestStreamArn"])


@pytest.fixture
def api(streamed: Streamed) -> Iterator[TestClient]:
    """A client of the tenant acme over that table."""
    token = streamed.services.tenants.create("acme")
    app = streamed.services.application(EVERYTHING, logger())
    with TestClient(
        app,
        base_url="http://scim.test/scim/acme/v2",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        yield client


def body(each: Event) -> dict[str, Any]:
    """Return the detail of an event as a receiver reads it."""
    read: dict[str, Any] = json.loads(each.detail)
    return read
