"""Who was erased: kept by tenant, outside of the table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.storage.erasures import KEEP_DAYS, Erasure, key
from rollcall.storage.table import Table

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
RECOVERY_DAYS = 35
"""AWS: how far back point-in-time recovery reaches at most."""


@pytest.fixture
def erasures(services: Services) -> Iterator[Table]:
    """The table of erased accounts."""
    local_server.create_erasures(services)
    yield Table(services.clients.dynamodb, services.settings.erasures)
    services.clients.dynamodb.delete_table(TableName=services.settings.erasures)


def test_an_erasure_is_read_by_its_tenant_alone(services: Services, erasures: Table) -> None:
    services.erasures("acme").record("1", {"hash-b", "hash-a"}, NOW)
    services.erasures("acme").record("2", (), NOW)
    services.erasures("acme2").record("3", (), NOW)

    assert list(services.erasures("acme").read()) == [
        Erasure("1", "2026-11-27T12:00:00.000Z", frozenset({"hash-a", "hash-b"})),
        Erasure("2", "2026-11-27T12:00:00.000Z", frozenset()),
    ]
    assert [each.id for each in services.erasures("acme2").read()] == ["3"]


def test_an_erasure_that_is_repeated_is_one(services: Services, erasures: Table) -> None:
    services.erasures("acme").record("1", {"hash"}, NOW)
    services.erasures("acme").record("1", {"hash"}, NOW + timedelta(hours=1))

    assert [each.id for each in services.erasures("acme").read()] == ["1"]


def test_an_entry_outlives_every_copy_that_could_bring_the_account_back(
    services: Services, erasures: Table
) -> None:
    services.erasures("acme").record("1", (), NOW)

    item = erasures.get(key("acme", "1"))
    assert item is not None
    kept = datetime.fromtimestamp(int(item["expires"]), UTC) - NOW
    assert kept == timedelta(days=KEEP_DAYS)
    assert kept > timedelta(days=RECOVERY_DAYS)


def test_nothing_of_it_is_in_the_table(services: Services, erasures: Table) -> None:
    services.erasures("acme").record("1", (), NOW)

    assert list(services.table.scan("acme#")) == []
