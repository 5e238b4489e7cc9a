"""Who may enter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from rollcall.aws.clients import connect
from rollcall.aws.secrets import Secrets
from rollcall.runtime.services import Services
from rollcall.scim.errors import UnauthorizedException, Unavailable
from rollcall.storage.token_usage import TokenUsage, TokenUse
from rollcall.tenants import tenant_cache, token_format
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import Tenants
from tests.storage.faults import answering, cancellation, counted, refusal
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
        refused(authenticator, "acme", f"Bearer {token_format.generate()}"),
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


def test_a_new_token_works_at_once(tenants: Tenants, authenticator: Authenticator) -> None:
    first = tenants.create("acme")
    authenticator.authenticate("acme", f"Bearer {first}")
    second = TenantTokens(tenants, "acme").issue("second").plain

    assert authenticator.authenticate("acme", f"Bearer {second}").tenant == "acme"
    assert authenticator.authenticate("acme", f"Bearer {first}").tenant == "acme"


def test_a_new_token_works_at_once_while_an_old_one_is_refused_again_and_again(
    tenants: Tenants, authenticator: Authenticator, clock: Clock
) -> None:
    old = tenants.create("acme")
    authenticator.authenticate("acme", f"Bearer {old}")
    new = TenantTokens(tenants, "acme").rotate(None, timedelta()).plain
    clock.go_on(60)
    for _ in range(250):
        refused(authenticator, "acme", f"Bearer {old}")
        clock.go_on(1 / 25)
    newer = TenantTokens(tenants, "acme").issue("newer").plain

    assert authenticator.authenticate("acme", f"Bearer {newer}").tenant == "acme"
    assert authenticator.authenticate("acme", f"Bearer {new}").tenant == "acme"


def test_a_new_tenant_is_known_at_once_to_who_has_asked_for_it_before(
    tenants: Tenants, authenticator: Authenticator
) -> None:
    refused(authenticator, "acme", f"Bearer {token_format.generate()}")
    token = tenants.create("acme")

    assert authenticator.authenticate("acme", f"Bearer {token}").tenant == "acme"


def test_of_many_that_come_at_once_with_a_new_token_none_is_refused(
    tenants: Tenants, authenticator: Authenticator, calls: Calls
) -> None:
    authenticator.authenticate("acme", f"Bearer {tenants.create('acme')}")
    token = TenantTokens(tenants, "acme").issue("second").plain
    calls.made.clear()

    with ThreadPoolExecutor(25) as pool:
        callers = list(
            pool.map(lambda _: authenticator.authenticate("acme", f"Bearer {token}"), range(100))
        )

    assert len({each.token_id for each in callers}) == 1
    assert calls.made == ["GetSecretValue"]


def test_a_clock_that_was_set_back_does_not_prolong_a_revoked_token(
    tenants: Tenants, authenticator: Authenticator, clock: Clock
) -> None:
    token = tenants.create("acme")
    caller = authenticator.authenticate("acme", f"Bearer {token}")
    TenantTokens(tenants, "acme").revoke(caller.token_id)
    clock.go_on(-3600)

    assert refused(authenticator, "acme", f"Bearer {token}")


def test_a_look_that_failed_does_not_use_up_the_one_of_its_token(
    tenants: Tenants, services: Services, authenticator: Authenticator
) -> None:
    authenticator.authenticate("acme", f"Bearer {tenants.create('acme')}")
    token = TenantTokens(tenants, "acme").issue("second").plain
    client = services.clients.secretsmanager
    throttled = answering(client, "GetSecretValue", refusal("ThrottlingException"))
    with throttled, pytest.raises(Unavailable):
        authenticator.authenticate("acme", f"Bearer {token}")

    assert authenticator.authenticate("acme", f"Bearer {token}").tenant == "acme"


@pytest.mark.parametrize("known", [True, False])
def test_a_known_and_an_unknown_tenant_take_the_same_calls(
    known: bool, tenants: Tenants, authenticator: Authenticator, calls: Calls, clock: Clock
) -> None:
    if known:
        tenants.create("acme")
    calls.made.clear()
    made = []
    for seconds in (0, 0, 0, 0, 3, 3, 60, 0):
        clock.go_on(seconds)
        refused(authenticator, "acme", f"Bearer {token_format.generate()}")
        made.append(len(calls.made))

    assert set(calls.made) == {"GetSecretValue"}
    assert made == [1, 2, 3, 3, 3, 4, 5, 6]


def test_names_that_nobody_bears_drive_no_tenant_out(
    tenants: Tenants, authenticator: Authenticator, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenant_cache, "MAX_CACHED", 5)
    token = tenants.create("acme")
    authenticator.authenticate("acme", f"Bearer {token}")
    for number in range(20):
        refused(authenticator, f"nobody-{number}", f"Bearer {token_format.generate()}")
    calls.made.clear()

    authenticator.authenticate("acme", f"Bearer {token}")
    assert calls.made == []
    refused(authenticator, "nobody-19", f"Bearer {token_format.generate()}")
    refused(authenticator, "nobody-0", f"Bearer {token_format.generate()}")
    assert calls.made == ["GetSecretValue"] * 2


def test_the_use_of_a_token_is_noted_once_a_day(
    services: Services, tenants: Tenants, usage: TokenUsage, clock: Clock
) -> None:
    authenticator = Authenticator(services.secrets, services.table, clock=lambda: clock.now)
    other = Authenticator(services.secrets, services.table, clock=lambda: clock.now)
    token = tenants.create("acme")
    with counted(services.clients.dynamodb) as made:
        for _ in range(5):
            caller = authenticator.authenticate("acme", f"Bearer {token}")
            clock.go_on(60)
    assert len(made) == 1
    other.authenticate("acme", f"Bearer {token}")
    assert usage.read_all() == {
        caller.token_id: TokenUse(caller.token_id, "2026-01-01T00:00:00.000Z", "2026-01-01")
    }

    clock.go_on(86_400)
    authenticator.authenticate("acme", f"Bearer {token}")
    assert usage.read(caller.token_id) == TokenUse(
        caller.token_id, "2026-01-01T00:00:00.000Z", "2026-01-02"
    )


@pytest.mark.parametrize(
    "failure", [refusal("InternalServerError", 500), cancellation("TransactionConflict")]
)
def test_a_use_that_cannot_be_noted_at_once_fails_nothing_and_is_noted_later(
    services: Services,
    tenants: Tenants,
    usage: TokenUsage,
    clock: Clock,
    failure: dict[str, Any],
) -> None:
    authenticator = Authenticator(services.secrets, services.table, clock=lambda: clock.now)
    token = tenants.create("acme")
    client = services.clients.dynamodb
    with answering(client, "TransactWriteItems", failure):
        authenticator.authenticate("acme", f"Bearer {token}")
    assert usage.read_all() == {}

    authenticator.authenticate("acme", f"Bearer {token}")
    assert len(usage.read_all()) == 1


def test_guessing_costs_two_reads_in_five_seconds(
    tenants: Tenants, authenticator: Authenticator, calls: Calls, clock: Clock
) -> None:
    tenants.create("acme")
    calls.made.clear()

    for _ in range(100):
        refused(authenticator, "acme", f"Bearer {token_format.generate()}")
        refused(authenticator, "nobody", f"Bearer {token_format.generate()}")
        clock.go_on(0.1)

    assert len(calls.made) <= 2 * (1 + 2 * 2)


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
    token = TenantTokens(tenants, "acme").issue("short", days=1).plain
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
