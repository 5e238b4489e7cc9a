"""Handing a client over: with a secret or with a trust, once, as a token is."""

from __future__ import annotations

import pytest

from rollcall.federation.trust import Trust
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.oauth_clients import OAuthClient
from rollcall.tenants.tenant_clients import TenantClients
from rollcall.tenants.tenants import Tenants
from tests.storage.faults import preceded
from tests.tenants.conftest import Clock
from tests.tenants.test_handover import DAY, DAY_SECONDS, desk, offered, status

__all__ = ["desk"]


TRUST = Trust("https://idp.example/v2.0", "https://idp.example/keys", "subject", "audience")


def handed_over(desk: HandoverService, code: str, way: str) -> OAuthClient:
    """Make a client by a link, and return it."""
    if way == "federation":
        client = desk.create_trusted(code, TRUST)
        assert client is not None
        return client
    issued = desk.create_client(code)
    assert issued is not None
    return issued.client


@pytest.mark.parametrize("way", ["client_secret", "federation"])
def test_a_client_is_made_once_and_uses_the_link_up(
    way: str, desk: HandoverService, tenants: Tenants
) -> None:
    code = offered(desk)

    client = handed_over(desk, code, way)

    assert tenants.show("acme").clients == (client,)
    assert client.way == way
    assert [desk.create_client(code), desk.create_trusted(code, TRUST), desk.reveal(code)] == (
        [None] * 3
    )
    told = status(desk, code)
    assert (told.way, told.client, told.token_is_live) == (way, client, True)
    assert (tenants.show("acme").clients, tenants.show("acme").tokens) == ((client,), ())


@pytest.mark.parametrize("way", ["client_secret", "federation"])
def test_a_new_offer_revokes_a_client_that_was_never_used(
    way: str, desk: HandoverService, clock: Clock, tenants: Tenants
) -> None:
    client = handed_over(desk, offered(desk), way)
    clock.go_on(300 * DAY_SECONDS)

    assert desk.offer("acme", DAY).revoked == (client,)
    assert tenants.show("acme").clients == ()


@pytest.mark.parametrize("way", ["client_secret", "federation"])
def test_a_new_offer_leaves_a_client_that_is_in_use(
    way: str, desk: HandoverService, services: Services, tenants: Tenants
) -> None:
    code = offered(desk)
    client = handed_over(desk, code, way)
    TokenUsage(services.table, "acme").write(client.id, "2026-01-01T08:00:00.000Z", 4_000_000_000)

    again = desk.offer("acme", DAY)

    assert again.revoked == ()
    assert [(each.id, use.last if use else "") for each, use in again.live_clients] == [
        (client.id, "2026-01-01")
    ]
    told = status(desk, code)
    assert told.use is not None
    assert (told.way, told.use.first) == (way, "2026-01-01T08:00:00.000Z")
    assert tenants.show("acme").clients == (client,)


@pytest.mark.parametrize(("days", "lived"), [(30, 365), (500, 500), (3650, 3 * 365)])
def test_a_secret_lives_between_one_and_three_years(
    days: int, lived: int, desk: HandoverService, clock: Clock
) -> None:
    issued = desk.create_client(desk.offer("acme", DAY, days).code)

    assert issued is not None
    assert issued.secret.expires == instant(clock.now + lived * DAY)


@pytest.mark.parametrize("way", ["token", "client_secret", "federation"])
def test_what_an_interrupted_press_made_is_replaced_whatever_is_pressed_then(
    way: str, desk: HandoverService, services: Services, tenants: Tenants, clock: Clock
) -> None:
    code = offered(desk)

    class Killed(BaseException):
        pass

    def live() -> None:
        pass

    def kill() -> None:
        raise Killed

    # The function dies between the change of the secret and the mark.
    killed = preceded(services.clients.dynamodb, "TransactWriteItems", live, kill)
    with killed, pytest.raises(Killed):
        desk.reveal(code) if way == "token" else handed_over(desk, code, way)
    clock.go_on(61)

    client = handed_over(desk, code, "federation")

    assert tenants.show("acme").tokens == ()
    assert tenants.show("acme").clients == (client,)
    assert status(desk, code).way == "federation"


def test_the_status_of_a_revoked_client_still_says_how_it_signed_in(
    desk: HandoverService, tenants: Tenants
) -> None:
    code = offered(desk)
    client = handed_over(desk, code, "federation")
    TenantClients(tenants, "acme").revoke(client.id)

    told = status(desk, code)
    assert (told.way, told.client, told.token_is_live) == ("federation", None, False)
