"""Who gets an access token, and that a refusal tells nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from rollcall.federation.trust import AssertionRefused, Trust, Verifier
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.storage.token_usage import TokenUsage
from rollcall.tenants import token_format
from rollcall.tenants.client_grant import ASSERTION_TYPE, ClientGrant, OAuthError
from rollcall.tenants.oauth_clients import PREFIX, new_client_id
from rollcall.tenants.tenant_clients import TenantClients
from rollcall.tenants.tenants import READ_ONLY, READ_WRITE, Tenants
from tests.storage.faults import answering, counted, refusal
from tests.tenants.conftest import Calls, Clock, Issuer

TRUST = Trust("https://issuer.test", "https://issuer.test/keys", "subject", "audience")
GRANT = {"grant_type": "client_credentials"}


def right_one(assertion: str, trust: Trust) -> None:
    if assertion != f"signed by {trust.issuer}":
        raise AssertionRefused("the signature is wrong")


@pytest.fixture
def grant_of(
    services: Services, issuer: Issuer, clock: Clock
) -> Callable[[Verifier | None], ClientGrant]:
    return lambda verifier: ClientGrant(
        services.secrets, issuer.keys, verifier, clock=lambda: clock.now
    )


@pytest.fixture
def grant(grant_of: Callable[[Verifier | None], ClientGrant]) -> ClientGrant:
    return grant_of(right_one)


def by_secret(client: str, secret: str, **more: str) -> dict[str, str]:
    return {**GRANT, "client_id": client, "client_secret": secret, **more}


def by_assertion(client: str, assertion: str, **more: str) -> dict[str, str]:
    return {
        **GRANT,
        "client_id": client,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **more,
    }


def refused(grant: ClientGrant, tenant: str, parameters: dict[str, str]) -> OAuthError:
    with pytest.raises(OAuthError) as caught:
        grant.issue(tenant, parameters)
    return caught.value


def test_a_secret_gives_a_token_of_an_hour(
    clients: TenantClients, grant: ClientGrant, issuer: Issuer, clock: Clock
) -> None:
    made = clients.create("Entra ID")

    issued = grant.issue("acme", by_secret(made.client.id, made.plain))

    assert (issued.client, issued.scope) == (made.client, "scim")
    assert issued.plain not in repr(issued)
    caller = issuer.enter(issued.plain)
    assert (caller.token_id, caller.scope, caller.way) == (
        made.client.id,
        READ_WRITE,
        "client_secret",
    )
    clock.go_on(3600)
    assert issuer.refuses(issued.plain)


def test_the_client_says_how_long_its_tokens_are_valid(
    clients: TenantClients, grant: ClientGrant, issuer: Issuer, clock: Clock
) -> None:
    made = clients.create("Entra ID", token_seconds=21_600)
    token = grant.issue("acme", by_secret(made.client.id, made.plain)).plain

    clock.go_on(21_599)
    assert not issuer.refuses(token)
    clock.go_on(1)
    assert issuer.refuses(token)


def test_an_assertion_gives_a_token_and_the_same_one_again_gives_another(
    clients: TenantClients, grant: ClientGrant, issuer: Issuer, clock: Clock
) -> None:
    client = clients.create_trusted("Entra ID", TRUST)
    sent = by_assertion(client.id, "signed by https://issuer.test", scope="scim", baseAddress="x")

    first = grant.issue("acme", sent).plain
    clock.go_on(1)
    second = grant.issue("acme", sent).plain

    assert first != second
    assert {issuer.enter(token).way for token in (first, second)} == {"federation"}


def test_without_a_verifier_a_client_with_a_trust_is_refused(
    clients: TenantClients, grant_of: Callable[[Verifier | None], ClientGrant]
) -> None:
    client = clients.create_trusted("Entra ID", TRUST)
    error = refused(grant_of(None), "acme", by_assertion(client.id, "anything"))

    assert (error.error, error.reason) == ("invalid_client", "assertions are not verified here")


def test_a_trust_that_was_made_a_moment_ago_works_at_once(
    clients: TenantClients, grant: ClientGrant
) -> None:
    refused(grant, "acme", by_secret(new_client_id(), token_format.generate(PREFIX)))
    client = clients.create_trusted("Entra ID", TRUST)

    assert grant.issue("acme", by_assertion(client.id, "signed by https://issuer.test"))


def test_a_wrong_assertion_is_verified_once_for_each_trust(
    clients: TenantClients,
    grant_of: Callable[[Verifier | None], ClientGrant],
    calls: Calls,
) -> None:
    asked: list[Trust] = []

    def never(assertion: str, trust: Trust) -> None:
        asked.append(trust)
        raise AssertionRefused("it has expired")

    grant = grant_of(never)
    client = clients.create_trusted("Entra ID", TRUST)
    refused(grant, "acme", by_assertion(client.id, "first"))
    calls.made.clear()

    error = refused(grant, "acme", by_assertion(client.id, "second"))
    assert asked == [TRUST, TRUST]
    assert calls.made == ["GetSecretValue"]
    assert error.reason == "it has expired"
    assert "expired" not in error.description


def test_an_issuer_whose_keys_cannot_be_read_is_no_refusal(
    clients: TenantClients, grant_of: Callable[[Verifier | None], ClientGrant]
) -> None:
    def away(assertion: str, trust: Trust) -> None:
        raise Unavailable("the keys of the issuer cannot be read")

    client = clients.create_trusted("Entra ID", TRUST)
    with pytest.raises(Unavailable):
        grant_of(away).issue("acme", by_assertion(client.id, "anything"))


@pytest.mark.parametrize(
    "scopes",
    [
        ("", READ_WRITE, "scim"),
        ("scim", READ_WRITE, "scim"),
        ("scim:read", READ_WRITE, "scim:read"),
        ("scim scim:read", READ_WRITE, "scim"),
        ("", READ_ONLY, "scim:read"),
        ("scim", READ_ONLY, "scim:read"),
    ],
)
def test_the_scope_is_what_was_asked_for_and_the_client_has(
    scopes: tuple[str, str, str],
    clients: TenantClients,
    grant: ClientGrant,
    issuer: Issuer,
) -> None:
    asked, of_client, granted = scopes
    made = clients.create("Entra ID", scope=of_client)
    sent = by_secret(made.client.id, made.plain, **({"scope": asked} if asked else {}))

    issued = grant.issue("acme", sent)

    assert issued.scope == granted
    expected = READ_WRITE if granted == "scim" else READ_ONLY
    assert issuer.enter(issued.plain).scope == expected


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "CLIENT_CREDENTIALS"}, "unsupported_grant_type"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "scim openid"}, "invalid_scope"),
        ({"client_assertion": "x"}, "invalid_request"),
        ({"client_assertion": "x", "client_assertion_type": ASSERTION_TYPE}, "invalid_request"),
        ({"client_assertion_type": ASSERTION_TYPE}, "invalid_request"),
        ({"client_secret": "", "client_assertion": "x"}, "invalid_request"),
        (
            {"client_secret": "", "client_assertion": "x", "client_assertion_type": "saml"},
            "invalid_request",
        ),
        ({"client_id": ""}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client"),
        ({"client_id": "x"}, "invalid_client"),
        ({"client_id": "é" * 31}, "invalid_client"),
    ],
)
def test_a_wrong_request_is_refused_without_a_call(
    change: dict[str, str], error: str, clients: TenantClients, grant: ClientGrant, calls: Calls
) -> None:
    made = clients.create("Entra ID")
    calls.made.clear()

    caught = refused(grant, "acme", {**by_secret(made.client.id, made.plain), **change})

    status = 401 if error == "invalid_client" else 400
    assert (caught.error, caught.status) == (error, status)
    assert calls.made == []


def test_basic_and_a_secret_in_the_body_are_one_method_too_many(
    clients: TenantClients, grant: ClientGrant
) -> None:
    made = clients.create("Entra ID")
    basic, sent = (made.client.id, made.plain), by_secret(made.client.id, made.plain)

    with pytest.raises(OAuthError, match="only one method") as caught:
        grant.issue("acme", sent, basic)
    assert caught.value.error == "invalid_request"
    with pytest.raises(OAuthError, match="differs"):
        grant.issue("acme", {**GRANT, "client_id": new_client_id()}, basic)
    assert grant.issue("acme", GRANT, basic)
    assert grant.issue("acme", {**GRANT, "client_id": made.client.id}, basic)


def test_an_expired_secret_gives_no_token(
    clients: TenantClients, grant: ClientGrant, clock: Clock
) -> None:
    made = clients.create("Entra ID")
    clock.go_on(365 * 86_400)

    error = refused(grant, "acme", by_secret(made.client.id, made.plain))
    assert error.error == "invalid_client"
    assert error.reason == f"the secret {made.secret.id} has expired"


def test_both_secrets_of_a_rotation_give_tokens_until_the_overlap_is_over(
    clients: TenantClients, grant: ClientGrant, clock: Clock
) -> None:
    old = clients.create("Entra ID")
    new = clients.rotate(None, timedelta(hours=1))
    for each in (old, new):
        assert grant.issue("acme", by_secret(old.client.id, each.plain))

    clock.go_on(3600)
    assert refused(grant, "acme", by_secret(old.client.id, old.plain))
    assert grant.issue("acme", by_secret(old.client.id, new.plain))


def test_a_secret_of_one_client_or_tenant_is_none_of_another(
    clients: TenantClients, tenants: Tenants, grant: ClientGrant
) -> None:
    one, two = clients.create("one"), clients.create("two")
    tenants.add("other")
    third = TenantClients(tenants, "other").create("three")

    refused(grant, "acme", by_secret(one.client.id, two.plain))
    refused(grant, "other", by_secret(one.client.id, one.plain))
    refused(grant, "acme", by_secret(third.client.id, third.plain))


def test_the_secret_of_a_revoked_client_gives_no_token_after_five_seconds(
    clients: TenantClients, grant: ClientGrant, clock: Clock
) -> None:
    made = clients.create("Entra ID")
    sent = by_secret(made.client.id, made.plain)
    grant.issue("acme", sent)
    clients.revoke(made.client.id)
    clock.go_on(5)

    assert refused(grant, "acme", sent)


def test_all_who_cannot_sign_in_are_refused_alike_by_the_same_calls(
    clients: TenantClients,
    tenants: Tenants,
    services: Services,
    grant_of: Callable[[Verifier | None], ClientGrant],
    clock: Clock,
) -> None:
    made = clients.create("Entra ID")
    trusted = clients.create_trusted("Entra ID, without a secret", TRUST)
    tenants.add("closed")
    closed = TenantClients(tenants, "closed").create("Entra ID")
    tenants.disable("closed")
    wrong, unknown = token_format.generate(PREFIX), new_client_id()
    attempts = {
        "unknown tenant": ("nobody", by_secret(made.client.id, made.plain)),
        "unknown client": ("acme", by_secret(unknown, made.plain)),
        "wrong secret": ("acme", by_secret(made.client.id, wrong)),
        "secret of a client with a trust": ("acme", by_secret(trusted.id, wrong)),
        "disabled tenant": ("closed", by_secret(closed.client.id, closed.plain)),
        "wrong assertion": ("acme", by_assertion(trusted.id, "forged")),
        "assertion for a client with secrets": ("acme", by_assertion(made.client.id, "forged")),
        "assertion for an unknown client": ("acme", by_assertion(unknown, "forged")),
        "assertion for an unknown tenant": ("nobody", by_assertion(unknown, "forged")),
    }
    clients_of_aws = services.clients.secretsmanager, services.clients.dynamodb
    for name, (tenant, sent) in attempts.items():
        grant, seen = grant_of(right_one), []
        for seconds in (0, 0, 0, 3, 3, 60):
            clock.go_on(seconds)
            with counted(*clients_of_aws) as made_calls:
                error = refused(grant, tenant, sent)
            seen.append(((error.error, error.status, str(error)), len(made_calls)))
            assert {call.operation for call in made_calls} <= {"GetSecretValue"}
        # Read, looked for once more, and then what is known.
        assert [calls for _, calls in seen] == [1, 1, 0, 0, 1, 1], name
        assert {answer for answer, _ in seen} == {
            ("invalid_client", 401, "the client cannot be authenticated")
        }


def test_guessing_costs_no_write_and_few_reads(
    clients: TenantClients,
    grant: ClientGrant,
    services: Services,
    usage: TokenUsage,
    clock: Clock,
) -> None:
    client = clients.create("Entra ID").client
    with counted(services.clients.secretsmanager, services.clients.dynamodb) as made:
        for _ in range(100):
            refused(grant, "acme", by_secret(client.id, token_format.generate(PREFIX)))
            clock.go_on(0.1)

    assert {call.operation for call in made} == {"GetSecretValue"}
    assert len(made) <= 3 * 3
    assert usage.read_all() == {}


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServiceError"])
def test_what_cannot_be_read_is_our_failure_and_not_the_clients(
    code: str, clients: TenantClients, grant: ClientGrant, services: Services
) -> None:
    made = clients.create("Entra ID")
    sent, client = by_secret(made.client.id, made.plain), services.clients.secretsmanager
    failure = refusal(code, 500)
    with answering(client, "GetSecretValue", failure), pytest.raises(Unavailable):
        grant.issue("acme", sent)
    with answering(client, "GetSecretValue", None, failure), pytest.raises(Unavailable):
        grant.issue("acme", sent)  # the tenant is read, the signing key is not

    assert grant.issue("acme", sent)


def test_a_trust_that_is_replaced_works_at_once(
    clients: TenantClients, tenants: Tenants, grant: ClientGrant
) -> None:
    client = clients.create_trusted("Entra ID", TRUST)
    sent = by_assertion(client.id, "signed by https://other.test")
    refused(grant, "acme", sent)

    def edit(content: dict[str, object]) -> dict[str, object]:
        raw = content["clients"]
        assert isinstance(raw, list)
        other = replace(TRUST, issuer="https://other.test")
        return {**content, "clients": [{**raw[0], "trust": vars(other)}]}

    tenants.change("acme", edit)
    assert grant.issue("acme", sent)
