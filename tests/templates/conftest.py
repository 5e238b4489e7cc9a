"""The templates of the tenant acme, in memory, on a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.aws.retry import Retry
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.actor import Actor
from rollcall.runtime.services import Services
from rollcall.storage.table import Table
from tests.directory.people import URL
from tests.operations.operators import Templates, operator_of
from tests.storage import consistency
from tests.storage.faults import Time


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def templates(services: Services, clock: Clock) -> Templates:
    """The templates, as the operator ann changes them."""
    services.clock = clock
    return Templates(operator_of(services))


@pytest.fixture
def table(services: Services) -> Table:
    """The table, with patience that takes no time; tests make its transactions small."""
    time = Time()
    patience = Retry(clock=time.clock, sleep=time.sleep)
    return Table(services.clients.dynamodb, services.table.name, patience)


@pytest.fixture
def directory(services: Services, table: Table, clock: Clock) -> Iterator[Directory]:
    """The directory of the tenant acme, on the clock that tests move."""
    origin = Actor("request-1", "token:t")
    yield Directory(Context(table, "acme", URL, actor=origin, clock=clock))
    consistency.check(services, "acme")
