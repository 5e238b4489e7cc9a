"""A rotation under load: 25 requests a second, by a clock that is moved with every request."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollcall.runtime.services import Services
from rollcall.scim.errors import UnauthorizedException
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import Tenants
from tests.tenants.conftest import Clock

RATE = 25
CONTAINERS = 3
"""Functions that each believe what they have read themselves, and take turns."""


class Load:
    """A client that sends 25 requests a second, and when it was refused."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.now
        self._containers = [
            Authenticator(services.secrets, services.table, clock=lambda: clock.now)
            for _ in range(CONTAINERS)
        ]
        self.sent = 0

    def send(self, token: str, seconds: float) -> list[float]:
        """Send for a while; returns the seconds, since the load began, of each refusal."""
        refused = []
        for _ in range(round(seconds * RATE)):
            self.sent += 1
            self._clock.go_on(1 / RATE)
            try:
                container = self._containers[self.sent % CONTAINERS]
                container.authenticate("acme", f"Bearer {token}")
            except UnauthorizedException:
                refused.append((self._clock.now - self._begun).total_seconds())
        return refused


def test_no_request_is_refused_until_the_overlap_ends_and_all_within_a_minute_after(
    services: Services, tenants: Tenants, clock: Clock
) -> None:
    old = tenants.create("acme")
    load = Load(services, clock)
    assert load.send(old, 90) == []

    new = TenantTokens(tenants, "acme").rotate(None, timedelta(seconds=120)).plain  # at 90 s

    assert load.send(old, 60) == []
    assert load.send(new, 60) == []  # the client has the new one at once, and nothing is refused
    refused = load.send(old, 90)  # from 210 s, when the overlap is over, somebody keeps the old one
    assert refused[0] <= 210 + 60
    assert len(refused) >= 30 * RATE
    assert load.send(new, 60) == []
    assert load.sent == 360 * RATE


@pytest.mark.parametrize("how", ["rotated without an overlap", "revoked", "tenant disabled"])
def test_a_token_that_ends_at_once_is_refused_within_a_minute(
    how: str, services: Services, tenants: Tenants, clock: Clock
) -> None:
    old = tenants.create("acme")
    keyring = TenantTokens(tenants, "acme")
    load = Load(services, clock)
    load.send(old, 70)
    if how == "revoked":
        keyring.revoke(tenants.show("acme").tokens[0].id)
    elif how == "tenant disabled":
        tenants.disable("acme")
    else:
        keyring.rotate(None, timedelta())

    refused = load.send(old, 61)

    assert refused[0] <= 70 + 60 + 1 / RATE
    assert len(load.send(old, 2)) == 2 * RATE
