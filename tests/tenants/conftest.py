"""Tenants with a name space of their own on the emulator, and a clock that tests move.

Not in memory: moto does not move AWSCURRENT as Secrets Manager does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from rollcall.aws.retry import Retry
from rollcall.aws.secrets import Secrets
from rollcall.aws.signing_keys import SigningKeys
from rollcall.dev import local_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.errors import UnauthorizedException
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants.access_token import AccessToken
from rollcall.tenants.authentication import Authenticator, Caller
from rollcall.tenants.oauth_clients import OAuthClient
from rollcall.tenants.tenant_clients import TenantClients
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
    return own_services(server)


def own_services(server: Server) -> Services:
    """Return secrets and a table of a test's own on the emulator."""
    name = str(uuid4())
    endpoint = server.running.endpoint_url
    settings = Settings(name, f"{name}/tenants", endpoint, signing_keys=f"{name}-signing")
    own = Services(settings, server.services.clients)
    local_server.create_table(own)
    local_server.create_signing_key(own)
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


@pytest.fixture
def signing_keys(services: Services, clock: Clock) -> SigningKeys:
    """The signing keys of the deployment, whose first one is older than a minute."""
    secret = services.settings.signing_keys
    keys = SigningKeys(services.clients.secretsmanager, secret, lambda: clock.now)
    clock.now = datetime.now(UTC) + timedelta(hours=1)
    return keys


@pytest.fixture
def clients(tenants: Tenants) -> TenantClients:
    """The OAuth clients of a new tenant acme, which has none yet."""
    tenants.add("acme")
    return TenantClients(tenants, "acme")


@dataclass
class Issuer:
    """Issues access tokens as the token endpoint does, and checks them."""

    clock: Clock
    keys: SigningKeys
    authenticator: Authenticator

    def token(self, client: OAuthClient, tenant: str = "acme", **different: Any) -> str:
        """Return an access token for a client and its newest secret."""
        key, now = self.keys.current(), int(self.clock.now.timestamp())
        secret = client.secrets[-1].id if client.secrets else ""
        said = AccessToken(
            key.id, tenant, client.id, secret, client.scope, now, now + client.token_seconds
        )
        return replace(said, **different).sign(key.key)

    def enter(self, token: str, tenant: str = "acme") -> Caller:
        """Return the caller of a request with a token."""
        return self.authenticator.authenticate(tenant, f"Bearer {token}")

    def refuses(self, token: str, tenant: str = "acme") -> bool:
        """Tell whether a request with a token is answered with 401."""
        try:
            self.enter(token, tenant)
        except UnauthorizedException:
            return True
        return False


@pytest.fixture
def issuer(services: Services, signing_keys: SigningKeys, clock: Clock) -> Issuer:
    secret = services.settings.signing_keys
    own = SigningKeys(services.clients.secretsmanager, secret, lambda: clock.now)
    authenticator = Authenticator(services.secrets, services.table, own, clock=lambda: clock.now)
    return Issuer(clock, signing_keys, authenticator)
