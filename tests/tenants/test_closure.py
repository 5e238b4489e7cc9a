"""A closed tenant: who knows it is asked to come back, and nobody changes it but who closed it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollcall.model.actor import Actor
from rollcall.runtime.services import Services
from rollcall.scim.errors import UnauthorizedException
from rollcall.tenants import closure, token_format
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.client_grant import ClientGrant, OAuthError
from rollcall.tenants.closure import RETRY_AFTER, TenantClosed
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenants import TenantError, Tenants
from tests.tenants.conftest import Clock

ACT, WHY = "move 1", "it is being moved"


def enter(authenticator: Authenticator, token: str) -> str:
    return authenticator.authenticate("acme", f"Bearer {token}").tenant


def test_a_known_token_is_told_to_come_back_and_an_unknown_one_nothing(
    tenants: Tenants, authenticator: Authenticator, clock: Clock
) -> None:
    token = tenants.create("acme")
    assert enter(authenticator, token) == "acme"

    closure.close(tenants, "acme", ACT, WHY)
    assert enter(authenticator, token) == "acme", "it is cached for a minute"
    clock.go_on(61)
    with pytest.raises(TenantClosed) as refused:
        enter(authenticator, token)
    with pytest.raises(UnauthorizedException):
        enter(authenticator, token_format.generate())

    assert (refused.value.status, refused.value.retry_after) == (503, RETRY_AFTER)
    assert not authenticator.knows("acme"), "its refusals would be counted in its table"
    closure.reopen(tenants, "acme", ACT)
    clock.go_on(61)
    assert enter(authenticator, token) == "acme"


def test_a_known_client_is_told_to_come_back_and_an_unknown_secret_nothing(
    services: Services,
) -> None:
    services.tenants.add("acme")
    made = services.oauth_clients("acme").create("Entra ID")
    closure.close(services.tenants, "acme", ACT, WHY)
    form = {"grant_type": "client_credentials", "client_id": made.client.id}

    def issue(secret: str) -> None:
        grant = ClientGrant(services.secrets, services.signing_keys)
        grant.issue("acme", {**form, "client_secret": secret})

    with pytest.raises(TenantClosed):
        issue(made.plain)
    with pytest.raises(OAuthError):
        issue(f"{made.plain[:-1]}{'a' if made.plain[-1] != 'a' else 'b'}")


def test_only_the_act_that_closed_a_tenant_changes_or_opens_it(services: Services) -> None:
    tenants = services.tenants
    tenants.create("acme")
    tenants.disable("acme")
    before = services.secrets.read("acme")

    closed = closure.close(tenants, "acme", ACT, WHY)
    assert closure.close(tenants, "acme", ACT, "again") == closed

    for act in (
        lambda: closure.close(tenants, "acme", "restore 2", "it is being restored"),
        lambda: closure.reopen(tenants, "acme", "restore 2"),
        lambda: tenants.enable("acme"),
        lambda: tenants.disable("acme"),
        lambda: tenants.set_rate("acme", 100),
        lambda: services.tokens("acme").issue("another", 10),
        lambda: services.context("acme", Actor(actor="operator:someone")),
        lambda: HandoverService(services.table, tenants).offer("acme", timedelta(days=1)),
    ):
        with pytest.raises(TenantError, match=f"acme is closed since .*: {WHY}"):
            act()

    closure.reopen(tenants, "acme", ACT)
    closure.reopen(tenants, "acme", ACT)
    assert services.secrets.read("acme") == before


def test_a_hand_over_waits_until_the_tenant_is_open(services: Services) -> None:
    tenants = services.tenants
    tenants.create("acme")
    desk = HandoverService(services.table, tenants)
    code = desk.offer("acme", timedelta(days=1)).code
    closure.close(tenants, "acme", ACT, WHY)

    for ask in (desk.status, desk.reveal, desk.create_client):
        with pytest.raises(TenantClosed):
            ask(code)

    closure.reopen(tenants, "acme", ACT)
    assert desk.reveal(code) is not None


def test_a_closed_tenant_is_at_the_top_of_the_list_with_the_reason(services: Services) -> None:
    services.tenants.create("acme")
    closure.close(services.tenants, "acme", ACT, WHY)

    summary = services.summaries.items.read("acme")

    assert summary is not None
    now = services.tenants.clock()
    assert (summary.status(now), summary.needs(now), summary.urgency) == ("closed", ("closed",), 0)
    assert summary.closed.endswith(f": {WHY}")
    closure.reopen(services.tenants, "acme", ACT)
    reopened = services.summaries.items.read("acme")
    assert reopened is not None
    assert (reopened.status(now), reopened.closed) == ("unconnected", "")
