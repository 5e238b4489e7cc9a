"""A world of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from rollcall import local
from rollcall.runtime import Services, Settings
from rollcall.storage import journal
from tests.conftest import Server
from tests.faults.world import World


@pytest.fixture
def world(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A tenant in a table of its own on the emulator; what is written down takes several parts."""
    monkeypatch.setattr(journal, "PART", 4)
    services = Services(Settings(table=f"t{uuid4().hex}"), server.services.clients)
    local.create_table(services)
    yield World(services)
    services.clients.dynamodb.delete_table(TableName=services.table.name)
