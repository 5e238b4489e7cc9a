"""A table and secrets in memory, like those of all tests, over clients that are made once."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from rollcall.aws.clients import Clients
from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings


@pytest.fixture(scope="session")
def clients() -> Clients:
    """Clients that reach AWS only where it is mocked: to make them takes longer than most tests."""
    session = boto3.session.Session("test", "test", region_name="eu-west-1")
    return Clients(session.client("dynamodb"), session.client("secretsmanager"))


@pytest.fixture
def services(clients: Clients) -> Iterator[Services]:
    """A table and secrets of their own in memory, for tests with a single thread."""
    with mock_aws():
        built = Services(Settings(), clients)
        local_server.create_table(built)
        yield built
