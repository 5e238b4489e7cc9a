"""Access tokens: what opens a tenant for an hour, and what does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rollcall.aws.signing_keys import CACHE_SECONDS, SigningKeys
from rollcall.federation.trust import Trust
from rollcall.operator_error import OperatorError
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants import access_token, token_format
from rollcall.tenants.tenant_clients import TenantClients
from rollcall.tenants.tenants import READ_ONLY, READ_WRITE, Tenants
from tests.storage.faults import answering, refusal
from tests.tenants.conftest import Calls, Clock, Issuer

TRUST = Trust("https://issuer.test", "https://issuer.test/keys", "subject", "audience")


def test_an_access_token_opens_the_tenant_of_its_client(
    clients: TenantClients, issuer: Issuer
) -> None:
    client = clients.create("Entra ID").client
    token = issuer.token(client)

    caller = issuer.enter(token)

    assert (caller.tenant, caller.token_id, caller.scope, caller.way) == (
        "acme",
        client.id,
        READ_WRITE,
        "client_secret",
    )
    assert token.startswith("rollcall_access_")


def test_a_client_with_a_trust_tells_that_it_came_by_federation(
    clients: TenantClients, issuer: Issuer
) -> None:
    client = clients.create_trusted("Entra ID", TRUST, READ_ONLY)

    caller = issuer.enter(issuer.token(client))

    assert (caller.token_id, caller.scope, caller.way) == (client.id, READ_ONLY, "federation")


def test_a_bearer_token_works_beside_it_and_tells_its_way(
    clients: TenantClients, tenants: Tenants, issuer: Issuer
) -> None:
    client = clients.create("Entra ID").client
    bearer = tenants.create("other")

    assert issuer.enter(bearer, "other").way == "token"
    assert issuer.enter(issuer.token(client)).way == "client_secret"


def test_a_tenant_and_the_keys_are_read_once_for_many_requests(
    clients: TenantClients, issuer: Issuer, calls: Calls
) -> None:
    token = issuer.token(clients.create("Entra ID").client)
    calls.made.clear()

    for _ in range(20):
        issuer.enter(token)

    # The current key and the one before it, and the tenant.
    assert calls.made == ["GetSecretValue"] * 3


def test_a_forged_token_is_refused_at_every_place_where_it_is_changed(
    clients: TenantClients, issuer: Issuer
) -> None:
    token = issuer.token(clients.create("Entra ID").client)
    assert not issuer.refuses(token)

    for place in range(len(token)):
        other = "1" if token[place] != "1" else "2"
        assert issuer.refuses(token[:place] + other + token[place + 1 :]), place


def test_a_token_that_was_cut_off_is_refused(clients: TenantClients, issuer: Issuer) -> None:
    token = issuer.token(clients.create("Entra ID").client)

    for length in range(len(token)):
        assert issuer.refuses(token[:length])
    assert issuer.refuses(token + "A")
    assert issuer.refuses(token + "=")
    assert issuer.refuses(token[:-1] + "é")


def test_what_does_not_have_the_form_is_refused_without_a_call(
    clients: TenantClients, issuer: Issuer, calls: Calls
) -> None:
    client = clients.create("Entra ID").client
    token, now = issuer.token(client), int(issuer.clock.now.timestamp())
    expired = issuer.token(client, issued=now - 3601, expires=now - 1)
    calls.made.clear()

    for wrong in (
        token[:-50],
        token.replace("_1.", "_2."),
        expired,
        "rollcall_access_" + "x" * 9000,
    ):
        assert issuer.refuses(wrong)
    assert issuer.refuses(token, "other")
    assert calls.made == []


def test_a_token_of_one_tenant_opens_nothing_of_another(
    clients: TenantClients, tenants: Tenants, issuer: Issuer
) -> None:
    tenants.add("other")
    token = issuer.token(clients.create("Entra ID").client)
    renamed = token.replace(".acme.", ".other.")

    assert issuer.refuses(token, "other")
    assert issuer.refuses(renamed, "other")


def test_the_key_of_one_tenant_signs_nothing_for_another() -> None:
    macs = {
        access_token._mac(b"k", tenant, "the same content") for tenant in ("acme", "acme-2", "b")
    }

    assert len(macs) == 3


def test_the_key_is_derived_as_rfc_5869_says() -> None:
    # Test case 3 of appendix A, which has neither salt nor info.
    assert access_token._derive(b"\x0b" * 22, b"").hex() == (
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    )


def test_an_expired_token_is_refused(clients: TenantClients, issuer: Issuer, clock: Clock) -> None:
    token = issuer.token(clients.create("Entra ID").client)
    clock.go_on(3599)
    assert not issuer.refuses(token)

    clock.go_on(1)
    assert issuer.refuses(token)


def test_a_clock_that_was_set_back_does_not_prolong_a_token(
    clients: TenantClients, issuer: Issuer, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    token = issuer.token(client)
    clock.go_on(-access_token.LEEWAY)
    assert not issuer.refuses(token)

    clock.go_on(-1)
    assert issuer.refuses(token)


def test_a_clock_that_was_set_back_does_not_prolong_a_revoked_client(
    clients: TenantClients, issuer: Issuer, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    token = issuer.token(client)
    issuer.enter(token)
    clients.revoke(client.id)
    clock.go_on(-30)

    assert issuer.refuses(token)


def test_a_revoked_client_ends_its_tokens_within_a_minute(
    clients: TenantClients, issuer: Issuer, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    token = issuer.token(client)
    issuer.enter(token)
    clients.revoke(client.id)
    clock.go_on(60)

    assert issuer.refuses(token)


def test_a_disabled_tenant_ends_the_tokens_of_its_clients_within_a_minute(
    clients: TenantClients, tenants: Tenants, issuer: Issuer, clock: Clock
) -> None:
    token = issuer.token(clients.create("Entra ID").client)
    issuer.enter(token)
    tenants.disable("acme")
    clock.go_on(60)

    assert issuer.refuses(token)


def test_a_new_client_is_known_at_once_whatever_was_guessed_before(
    clients: TenantClients, issuer: Issuer
) -> None:
    issuer.enter(issuer.token(clients.create("first").client))
    for _ in range(10):
        assert issuer.refuses(token_format.generate())
    second = clients.create("second").client

    assert issuer.enter(issuer.token(second)).token_id == second.id


def test_a_revoked_client_that_goes_on_costs_one_read_in_five_seconds(
    clients: TenantClients, issuer: Issuer, clock: Clock, calls: Calls
) -> None:
    client = clients.create("Entra ID").client
    token = issuer.token(client)
    clients.revoke(client.id)
    issuer.refuses(token)
    calls.made.clear()

    for _ in range(50):
        assert issuer.refuses(token)
        clock.go_on(0.2)

    assert len(calls.made) == 2


def test_a_token_of_a_secret_that_leaked_ends_with_the_secret(
    clients: TenantClients, issuer: Issuer, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    token = issuer.token(client)
    issuer.enter(token)
    rotated = clients.rotate(client.id, timedelta()).client
    clock.go_on(60)

    assert issuer.refuses(token)
    assert not issuer.refuses(issuer.token(rotated))


def test_a_token_outlives_the_overlap_of_its_secret(
    clients: TenantClients, issuer: Issuer, clock: Clock
) -> None:
    # What the identity provider keeps is not to fail because its secret was replaced in time.
    client = clients.create("Entra ID").client
    clients.rotate(client.id, timedelta(minutes=1))
    token = issuer.token(client)
    clock.go_on(1800)
    clients.create("another")  # a change, which deletes what is no longer needed

    assert not issuer.refuses(token)


def test_a_client_whose_secrets_have_all_expired_is_refused(
    clients: TenantClients, issuer: Issuer, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    clock.go_on(365 * 86_400 - 600)
    token = issuer.token(client)
    assert not issuer.refuses(token)
    clock.go_on(601)

    assert issuer.refuses(token)


def test_a_read_only_token_of_a_client_that_may_write_is_read_only(
    clients: TenantClients, issuer: Issuer
) -> None:
    client = clients.create("Entra ID").client

    assert issuer.enter(issuer.token(client, scope=READ_ONLY)).scope == READ_ONLY


def test_a_token_that_may_write_is_read_only_where_its_client_is(
    clients: TenantClients, issuer: Issuer
) -> None:
    client = clients.create("reports", scope=READ_ONLY).client

    assert issuer.enter(issuer.token(client, scope=READ_WRITE)).scope == READ_ONLY


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServiceError"])
def test_keys_that_cannot_be_read_are_our_failure_and_not_the_clients(
    code: str, clients: TenantClients, issuer: Issuer, services: Services
) -> None:
    token = issuer.token(clients.create("Entra ID").client)
    client = services.clients.secretsmanager
    failing = answering(client, "GetSecretValue", refusal(code, 500))

    with failing, pytest.raises(Unavailable) as caught:
        issuer.enter(token)
    assert (caught.value.status, caught.value.retry_after) == (503, 1)
    assert not issuer.refuses(token)


def test_the_use_of_a_client_and_of_its_secret_is_noted(
    clients: TenantClients, issuer: Issuer, usage: TokenUsage, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    issuer.enter(issuer.token(client))
    issuer.enter(issuer.token(client))

    uses = usage.read_all()
    assert set(uses) == {client.id, client.secrets[0].id}
    assert {use.last for use in uses.values()} == {f"{clock.now:%Y-%m-%d}"}


def test_a_forged_token_costs_no_write(
    clients: TenantClients, issuer: Issuer, usage: TokenUsage
) -> None:
    client = clients.create("Entra ID").client
    assert issuer.refuses(issuer.token(client)[:-1] + "_")

    assert usage.read_all() == {}


def test_a_token_of_the_key_before_works_and_one_of_a_key_that_is_gone_does_not(
    clients: TenantClients, issuer: Issuer, signing_keys: SigningKeys, clock: Clock
) -> None:
    token = issuer.token(
        clients.create("Entra ID").client, expires=int(clock.now.timestamp()) + 21_600
    )
    issuer.enter(token)
    signing_keys.rotate()
    clock.go_on(CACHE_SECONDS)
    assert not issuer.refuses(token)

    with pytest.raises(OperatorError, match="--force"):
        signing_keys.rotate()
    assert not issuer.refuses(token)
    signing_keys.rotate(force=True)
    clock.go_on(CACHE_SECONDS)
    assert issuer.refuses(token)


def test_a_token_of_a_new_key_works_at_once(
    clients: TenantClients, issuer: Issuer, signing_keys: SigningKeys, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    token = issuer.token(client)
    clock.go_on(10)
    issuer.enter(token)
    new = signing_keys.rotate()
    clock.go_on(CACHE_SECONDS - 10)  # who signs reads the keys again, who checks has them still
    assert signing_keys.current().id == new.id

    assert not issuer.refuses(issuer.token(client))


def test_tokens_of_invented_keys_cost_two_reads_in_five_seconds(
    clients: TenantClients, issuer: Issuer, clock: Clock, calls: Calls
) -> None:
    client = clients.create("Entra ID").client
    issuer.enter(issuer.token(client))
    clock.go_on(10)
    forged = [issuer.token(client, key_id=f"{number:08}") for number in range(50)]
    calls.made.clear()

    for token in forged:
        assert issuer.refuses(token)
        clock.go_on(0.1)

    assert len(calls.made) == 2


def test_forging_tells_nothing_about_tenants_and_clients(
    clients: TenantClients, issuer: Issuer, calls: Calls
) -> None:
    client = clients.create("Entra ID").client
    issuer.keys.current()
    known = issuer.token(client)[:-4] + "AAAA"
    unknown = issuer.token(client, tenant="nobody")[:-4] + "AAAA"
    made = []
    for token, tenant in ((known, "acme"), (unknown, "nobody")):
        calls.made.clear()
        assert issuer.refuses(token, tenant)
        made.append(list(calls.made))

    # The signing keys alone, and those once.
    assert made == [["GetSecretValue"] * 2, []]
