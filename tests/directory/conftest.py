"""One tenant's directory in memory; after each test all that it stores has to agree."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollcall.aws.retry import Retry
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.runtime.services import Services
from rollcall.storage.table import Table
from tests.directory.people import URL
from tests.storage import consistency
from tests.storage.faults import Time


@pytest.fixture
def table(services: Services) -> Table:
    """The table, with patience that takes no time."""
    time = Time()
    patience = Retry(clock=time.clock, sleep=time.sleep)
    return Table(services.clients.dynamodb, services.table.name, patience)


@pytest.fixture
def directory(services: Services, table: Table) -> Iterator[Directory]:
    """The directory of the tenant acme."""
    yield Directory(Context(table, "acme", URL))
    consistency.check(services, "acme")


__all__ = ["directory", "table"]
