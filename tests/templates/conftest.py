"""The templates of the tenant acme, in memory, on a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.directory.directory import Directory
from rollcall.runtime import Services
from rollcall.templates.templates import Templates
from tests.directory.people import URL
from tests.storage import consistency
from tests.storage.memory import clients, services


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
    return Templates(services.table, "acme", "operator:ann", clock)


@pytest.fixture
def directory(services: Services) -> Iterator[Directory]:
    """The directory of the tenant acme."""
    yield Directory(services.table, "acme", URL)
    consistency.check(services, "acme")


__all__ = ["clients", "services"]
