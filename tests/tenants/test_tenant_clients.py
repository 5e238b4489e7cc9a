"""The OAuth clients of a tenant, and their secrets."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from rollcall.aws.secrets import Secrets
from rollcall.federation.trust import Trust
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.tenants import token_format
from rollcall.tenants.oauth_clients import CLIENT_ID, PREFIX
from rollcall.tenants.tenant_clients import MAX_CLIENTS, TenantClients
from rollcall.tenants.tenants import READ_ONLY, READ_WRITE, TenantError, Tenants
from tests.storage.faults import losing, preceded
from tests.tenants.conftest import Clock

TRUST = Trust("https://issuer.test", "https://issuer.test/keys", "subject", "audience", True)


def test_a_client_is_kept_with_the_digest_of_its_secret(
    clients: TenantClients, tenants: Tenants, services: Services
) -> None:
    issued = clients.create("Entra ID", scope=READ_ONLY, token_seconds=7200)

    assert tenants.show("acme").clients == (issued.client,)
    assert issued.client.secrets == (issued.secret,)
    assert (issued.client.label, issued.client.scope) == ("Entra ID", READ_ONLY)
    assert issued.client.token_seconds == 7200
    assert CLIENT_ID.fullmatch(issued.client.id)
    assert token_format.is_well_formed(issued.plain, PREFIX)
    assert not token_format.is_well_formed(issued.plain)
    assert issued.plain not in repr(issued)
    assert issued.plain not in str(services.secrets.read("acme"))


def test_a_client_with_a_trust_has_no_secret(clients: TenantClients, tenants: Tenants) -> None:
    client = clients.create_trusted("Entra ID", TRUST)

    assert tenants.show("acme").clients == (client,)
    assert (client.trust, client.secrets, client.way) == (TRUST, (), "federation")
    with pytest.raises(TenantError, match="no secrets"):
        clients.rotate(client.id, timedelta(hours=1))


def test_a_secret_is_valid_for_one_to_three_years(clients: TenantClients, clock: Clock) -> None:
    year = clients.create("a").secret
    three = clients.create("b", days=1095).secret

    assert datetime.fromisoformat(year.expires) == clock.now + timedelta(days=365)
    assert datetime.fromisoformat(three.expires) == clock.now + timedelta(days=1095)
    for days in (0, 364, 1096):
        with pytest.raises(TenantError, match="one to three years, 365 to 1095 days"):
            clients.create("c", days=days)


@pytest.mark.parametrize("seconds", [3599, 21_601])
def test_an_access_token_is_valid_for_one_to_six_hours(
    seconds: int, clients: TenantClients
) -> None:
    with pytest.raises(TenantError, match="one to six hours"):
        clients.create("a", token_seconds=seconds)


def test_a_label_is_printable(clients: TenantClients) -> None:
    with pytest.raises(TenantError, match="printable"):
        clients.create("a\nb")


def test_a_tenant_has_at_most_ten_clients(clients: TenantClients, tenants: Tenants) -> None:
    made = [clients.create(f"client {number}").client for number in range(MAX_CLIENTS)]
    with pytest.raises(TenantError, match="at most 10 clients, revoke one first"):
        clients.create("one more")

    clients.revoke(made[0].id)
    clients.create("one more")
    assert len(tenants.show("acme").clients) == MAX_CLIENTS


def test_two_secrets_are_live_during_a_rotation_and_a_third_is_refused(
    clients: TenantClients, tenants: Tenants, clock: Clock
) -> None:
    first = clients.create("Entra ID", scope=READ_ONLY, token_seconds=7200)
    second = clients.rotate(None, timedelta(days=1))

    assert second.replaced is not None
    assert second.replaced.id == first.secret.id
    assert datetime.fromisoformat(second.replaced.expires) == clock.now + timedelta(days=1)
    assert second.client.secrets == (second.replaced, second.secret)
    assert (second.client.scope, second.client.token_seconds) == (READ_ONLY, 7200)
    with pytest.raises(TenantError) as caught:
        clients.rotate(None, timedelta(days=1))
    assert str(caught.value) == (
        f"{first.client.id} has 2 live secrets, {first.secret.id} until 2026-01-02 and "
        f"{second.secret.id} until 2027-01-01: wait until one has expired, or revoke the one that "
        "is not in use"
    )
    clock.go_on(86_400)
    third = clients.rotate(None, timedelta(days=1))
    assert [each.id for each in third.client.secrets if each.is_live(clock.now)] == [
        second.secret.id,
        third.secret.id,
    ]
    clock.go_on(86_400)
    clients.rotate(None, timedelta(days=1))
    kept = tenants.show("acme").clients[0].secrets
    assert first.secret.id not in {each.id for each in kept}


def test_a_secret_that_leaked_is_gone_at_once(clients: TenantClients) -> None:
    clients.create("Entra ID")
    clients.rotate(None, timedelta(days=1))
    issued = clients.rotate(None, timedelta())

    assert issued.client.secrets == (issued.secret,)


def test_a_client_whose_secret_has_expired_gets_another(
    clients: TenantClients, clock: Clock
) -> None:
    client = clients.create("Entra ID").client
    clock.go_on(366 * 86_400)
    issued = clients.rotate(client.id, timedelta(days=1))

    assert issued.replaced is None
    assert issued.client.secrets == (issued.secret,)


def test_one_of_two_secrets_is_revoked_and_the_only_one_is_not(clients: TenantClients) -> None:
    first = clients.create("Entra ID")
    second = clients.rotate(None, timedelta(days=1))

    left = clients.revoke_secret(first.client.id, second.secret.id)
    assert [each.id for each in left.secrets] == [first.secret.id]
    with pytest.raises(TenantError, match="the only live secret"):
        clients.revoke_secret(first.client.id, first.secret.id)
    with pytest.raises(TenantError, match="has no secret"):
        clients.revoke_secret(first.client.id, second.secret.id)


def test_which_client_is_rotated_has_to_be_said_where_there_are_several(
    clients: TenantClients,
) -> None:
    with pytest.raises(TenantError, match="create one"):
        clients.rotate(None, timedelta(days=1))
    one, two = clients.create("one").client, clients.create("two").client

    with pytest.raises(TenantError, match=f"{one.id} \\(one\\), {two.id} \\(two\\)"):
        clients.rotate(None, timedelta(days=1))
    with pytest.raises(TenantError, match="acme has no client nothing"):
        clients.rotate("nothing", timedelta(days=1))


def test_a_client_is_revoked_once(clients: TenantClients, tenants: Tenants) -> None:
    client = clients.create("Entra ID").client

    assert clients.revoke(client.id) == client
    assert tenants.show("acme").clients == ()
    with pytest.raises(TenantError, match="no client"):
        clients.revoke(client.id)


def test_tokens_and_clients_are_changed_beside_each_other(
    clients: TenantClients, tenants: Tenants, services: Services
) -> None:
    tokens = services.tokens("acme")
    with preceded(
        services.clients.secretsmanager, "PutSecretValue", lambda: tokens.issue("meanwhile")
    ):
        client = clients.create("Entra ID").client

    stored = tenants.show("acme")
    assert [token.label for token in stored.tokens] == ["meanwhile"]
    assert stored.clients == (client,)


def test_a_change_whose_answer_was_lost_is_whole(
    clients: TenantClients, tenants: Tenants, services: Services
) -> None:
    lost = losing(services.clients.secretsmanager, "UpdateSecretVersionStage")
    with lost, pytest.raises(Unavailable):
        clients.create("Entra ID")
    (client,) = tenants.show("acme").clients

    lost = losing(services.clients.secretsmanager, "UpdateSecretVersionStage")
    with lost, pytest.raises(Unavailable):
        clients.rotate(None, timedelta(days=1))
    assert len(tenants.show("acme").clients[0].secrets) == 2
    assert clients.revoke(client.id).id == client.id


def test_a_tenant_of_an_earlier_release_has_no_clients(
    tenants: Tenants, services: Services
) -> None:
    tenants.add("old")
    secrets: Secrets = services.secrets

    assert "clients" not in secrets.read("old")
    assert tenants.show("old").clients == ()
    issued = TenantClients(tenants, "old").create("Entra ID")
    assert issued.client.scope == READ_WRITE
