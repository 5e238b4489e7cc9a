"""The storage's tests run on two engines, which have to agree."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from rollcall.aws.clients import Clients


@pytest.fixture(scope="session", params=["dynoxide", "moto"])
def clients(request: pytest.FixtureRequest, clients: Clients, dynamodb_url: str | None) -> Clients:
    """Clients of one engine, then of the other."""
    if request.param == "dynoxide":
        if dynamodb_url is None:
            pytest.skip("the DynamoDB engine is not installed: make install")
        return clients
    session: Any = boto3.session.Session("test", "test", region_name="eu-west-1")
    return Clients(session.client("dynamodb"), session.client("secretsmanager"))
