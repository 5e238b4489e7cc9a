"""Who may enter."""

from __future__ import annotations

import pytest

from rollcall.scim.errors import UnauthorizedException, Unavailable
from rollcall.storage.clients import connect
from rollcall.storage.secrets import Secrets
from rollcall.tenants import tokens
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.tenants import Tenants
from tests.tenants.conftest import Calls, Clock


def refused(authenticator: Authenticator, tenant: str, authorization: str | None) -> str:
    with pytest.raises(UnauthorizedException) as caught:
        authenticator.authenticate(tenant, authorization)
    return str(caught.value.detail)


def test_the_right_token_opens_its_tenant(tenants: Tenants, authenticator: Authenticator) -> None:
    token = tenants.create("acme")

    caller = authenticator.authenticate("acme", f"Bearer {token}")

    assert caller.tenant == "acme"
    assert caller.token_id == tenants.show("acme").tokens[0].id
    assert token not in repr(caller)
    assert caller.key.hex() not in repr(caller)


def test_a_token_of_one_tenant_opens_nothing_of_another(
    tenants: Tenants, authenticator: Authenticator
) -> None:
    token = tenants.create("acme")
    tenants.create("other")

    assert refused(authenticator, "other", f"Bearer {token}")


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer x", "Basic YTpi", "Bearer rollcall_" + "0" * 46]
)
def test_what_cannot_be_a_token_is_refused_without_a_call(
    authorization: str | None, tenants: Tenants, authenticator: Authenticator, calls: Calls
) -> None:
    tenants.create("acme")
    calls.made.clear()

    refused(authenticator, "acme", authorization)

    assert calls.made == []


def test_unknown_tenant_closed_tenant_and_wrong_token_are_refused_alike(
    tenants: Tenants, authenticator: Authenticator
) -> None:
    token = tenants.create("acme")
    closed = tenants.create("closed")
    tenants.disable("closed")

    answers = {
        refused(authenticator, "nobody", f"Bearer {token}"),
        refused(authenticator, "closed", f"Bearer {closed}"),
        refused(authenticator, "acme", f"Bearer {tokens.generate()}"),
    }

    assert len(answers) == 1


def test_a_tenant_is_read_once_a_minute(
    tenants: Tenants, authenticator: Authenticator, calls: Calls, clock: Clock
) -> None:
    token = tenants.create("acme")
    calls.made.clear()

    for _ in range(60):
        authenticator.authenticate("acme", f"Bearer {token}")
        clock.go_on(1)
    assert calls.made == ["GetSecretValue"]

    authenticator.authenticate("acme", f"Bearer {token}")
    assert calls.made == ["GetSecretValue"] * 2


def test_a_new_token_works_as_soon_as_the_last_look_is_five_seconds_old(
    tenants: Tenants, authenticator: Authenticator, clock: Clock
) -> None:
    first = tenants.create("acme")
    authenticator.authenticate("acme", f"Bearer {first}")
    second = tenants.issue("acme", "second")
    clock.go_on(5)

    assert authenticator.authenticate("acme", f"Bearer {second}").tenant == "acme"
    assert authenticator.authenticate("acme", f"Bearer {first}").tenant == "acme"


def test_guessing_costs_one_read_in_five_seconds(
    tenants: Tenants, authenticator: Authenticator, calls: Calls, clock: Clock
) -> None:
    tenants.create("acme")
    calls.made.clear()

    for _ in range(100):
        refused(authenticator, "acme", f"Bearer {tokens.generate()}")
        refused(authenticator, "nobody", f"Bearer {tokens.generate()}")
        clock.go_on(0.1)

    assert len(calls.made) <= 2 * 3


def test_a_closed_tenant_is_refused_within_a_minute(
    tenants: Tenants, authenticator: Authenticator, clock: Clock
) -> None:
    token = tenants.create("acme")
    authenticator.authenticate("acme", f"Bearer {token}")
    tenants.disable("acme")
    clock.go_on(60)

    assert refused(authenticator, "acme", f"Bearer {token}")


def test_an_expired_token_is_refused(
    tenants: Tenants, authenticator: Authenticator, clock: Clock
) -> None:
    tenants.create("acme")
    token = tenants.issue("acme", "short", days=1)
    authenticator.authenticate("acme", f"Bearer {token}")
    clock.go_on(86_401)

    assert refused(authenticator, "acme", f"Bearer {token}")


def test_a_secret_that_cannot_be_read_is_our_failure_and_not_the_clients(
    tenants: Tenants,
) -> None:
    token = tenants.create("acme")
    nowhere = connect("http://127.0.0.1:1")
    unreachable = Authenticator(Secrets(nowhere.secretsmanager, "rollcall/tenants"))

    with pytest.raises(Unavailable):
        unreachable.authenticate("acme", f"Bearer {token}")
