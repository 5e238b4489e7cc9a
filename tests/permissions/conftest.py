"""A stack that the command is asked to work on, by a session of a role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from rollcall.dev import local_server
from rollcall.runtime.services import Services
from tests.conftest import Server, started
from tests.permissions.cloud import OTHER, STACK, Cloud, cloud, outputs_of

NAMES = (
    *("table", "erasures", "secrets", "signing_keys", "reports", "queue", "topic", "bus"),
    "unpublished",
)
SESSION = "ann@vendor.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A local server of its own: the commands change what belongs to the whole deployment."""
    with started(tmp_path_factory.mktemp("permissions")) as own:
        yield own


@pytest.fixture(scope="module")
def stack(server: Server) -> Iterator[Cloud]:
    """A stack whose data is the local server's, and another one."""
    settings = server.services.settings
    other = replace(
        settings,
        url="https://other.example",
        **{name: getattr(settings, name).replace(STACK, OTHER) for name in NAMES},
    )
    services = Services(other, server.services.clients)
    local_server.create_table(services)
    local_server.create_erasures(services)
    local_server.create_channels(services)
    local_server.create_signing_key(services)
    stacks = {STACK: outputs_of(settings), OTHER: outputs_of(other)}
    with cloud(server.running.endpoint_url, stacks) as made:
        yield made


@pytest.fixture(scope="module")
def session(server: Server) -> dict[str, str]:
    """The environment of somebody who has assumed the role Support."""
    client: Any = boto3.client(
        "sts",
        endpoint_url=server.running.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    role = "arn:aws:iam::000000000000:role/Support"
    taken = client.assume_role(RoleArn=role, RoleSessionName=SESSION)["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
        "AWS_SESSION_TOKEN": taken["SessionToken"],
        "AWS_DEFAULT_REGION": "us-east-1",
    }
