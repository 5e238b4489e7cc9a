"""Tenants with a name space of their own on the emulator, and a clock that tests move.

Not in memory: moto does not move AWSCURRENT as Secrets Manager does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from rollcall.aws.retry import Retry
from rollcall.aws.secrets import Secrets
from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import Tenants
from tests.conftest import Server
from tests.storage.faults import Time


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Calls:
    """The calls to AWS, by operation."""

    made: list[str] = field(default_factory=list)

    def note(self, model: object, **_: object) -> None:
        self.made.append(getattr(model, "name", ""))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def services(server: Server) -> Services:
    """Secrets and a table of a test's own."""
    name = str(uuid4())
    settings = Settings(name, f"{name}/tenants", server.running.endpoint_url)
    own = Services(settings, server.services.clients)
    local_server.create_table(own)
    return own


def without_waits(services: Services, clock: Clock) -> Services:
    """Return the services with retries that take no time, and the clock of the test."""
    time = Time()
    retry = Retry(clock=time.clock, sleep=time.sleep)
    clients, settings = services.clients, services.settings
    services.table = Table(clients.dynamodb, settings.table, retry)
    services.secrets = Secrets(clients.secretsmanager, settings.secrets, retry)
    services.tenants = Tenants(services.secrets, lambda: clock.now)
    return services


@pytest.fixture
def tenants(services: Services, clock: Clock) -> Tenants:
    return Tenants(services.secrets, lambda: clock.now)


@pytest.fixture
def keyring(tenants: Tenants) -> TenantTokens:
    """The tokens of a new tenant acme, which has none yet."""
    tenants.add("acme")
    return TenantTokens(tenants, "acme")


@pytest.fixture
def authenticator(services: Services, clock: Clock) -> Authenticator:
    return Authenticator(services.secrets, clock=lambda: clock.now)


@pytest.fixture
def usage(services: Services) -> TokenUsage:
    return TokenUsage(services.table, "acme")


@pytest.fixture
def calls(services: Services) -> Iterator[Calls]:
    noted = Calls()
    events = services.clients.secretsmanager.meta.events
    events.register("before-call.secrets-manager", noted.note)
    yield noted
    events.unregister("before-call.secrets-manager", noted.note)
