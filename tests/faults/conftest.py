"""A world of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.storage import large_change_items
from tests.conftest import Server
from tests.faults.proxy import Proxy, between
from tests.faults.world import World


@pytest.fixture
def world(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A tenant in a table of its own on the emulator; what is written down takes several parts."""
    monkeypatch.setattr(large_change_items, "PART_MEMBERS", 4)
    services = Services(Settings(table=f"t{uuid4().hex}"), server.services.clients)
    local_server.create_table(services)
    yield World(services)
    services.clients.dynamodb.delete_table(TableName=services.table.name)


@pytest.fixture(scope="module")
def proxy(server: Server) -> Iterator[Proxy]:
    """A proxy of the emulator, at which nothing happens yet."""
    with between(server.running.endpoint_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def proxied(proxy: Proxy) -> Iterator[Services]:
    """Services behind the proxy, with a table and other places of their own."""
    name = f"t{uuid4().hex}"
    settings = Settings(name, name, proxy.url, reports=name, bus=name, queue=f"http://q/0/{name}")
    services = Services(settings)
    local_server.create_table(services)
    yield services
    services.clients.dynamodb.delete_table(TableName=name)
