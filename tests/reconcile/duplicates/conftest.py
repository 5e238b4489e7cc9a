"""A deployment in memory with all that a duplicate report needs, and a directory to fill."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from rollcall.aws.clients import Channels, Clients
from rollcall.dev import local_server
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.reconcile.duplicates.duplicate_run import DuplicateRun
from rollcall.runtime.services import Services
from rollcall.runtime.tenant_report import duplicate_run
from tests.conftest import deployment
from tests.directory.people import URL
from tests.storage import consistency


@pytest.fixture
def in_memory(clients: Clients) -> Iterator[Services]:
    """A table and secrets in memory, to which the rest is added."""
    with deployment(clients) as services:
        yield services


@pytest.fixture(scope="session")
def channels() -> Channels:
    """Clients that reach AWS only where it is mocked."""
    session = boto3.session.Session("test", "test", region_name="us-east-1")
    return Channels(session.client("s3"), session.client("sqs"), session.client("sns"))


@pytest.fixture
def services(in_memory: Services, channels: Channels) -> Services:
    """A table, secrets, a bucket, a queue and a topic in memory, with a tenant acme."""
    built = deployed(in_memory, channels)
    built.tenants.create("acme")
    return built


def deployed(in_memory: Services, channels: Channels) -> Services:
    """Return a table, secrets, a bucket, a queue and a topic in memory, without any tenant."""
    in_memory.channels = channels
    in_memory.settings = replace(
        in_memory.settings, topic="arn:aws:sns:us-east-1:123456789012:rollcall-reports"
    )
    local_server.create_channels(in_memory)
    return in_memory


@pytest.fixture
def directory(services: Services) -> Iterator[Directory]:
    """The directory of the tenant acme, which agrees with itself in the end."""
    yield Directory(Context(services.table, "acme", URL))
    consistency.check(services, "acme")


@pytest.fixture
def run(services: Services) -> DuplicateRun:
    """The duplicate report of the tenant acme."""
    return duplicate_run(services, "acme")
