"""Over HTTP: an assertion gets an access token from a local server that trusts this machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from rollcall.federation.trust import AssertionRefused, Trust
from rollcall.model.tenant_url import token_url
from rollcall.runtime.assertion_verifier import assertion_verifier
from rollcall.tenants.client_grant import ASSERTION_TYPE
from tests.conftest import Server, Tenant
from tests.federation import issuer as issuers
from tests.federation.issuer import KEY, OTHER_KEY, Issuer


class Application:
    """A client of a tenant that trusts an issuer, and how it signs in."""

    def __init__(self, server: Server, tenant: Tenant, trust: Trust) -> None:
        self.url = token_url(server.running.url, tenant.name)
        self.users = f"{tenant.url}/Users"
        self.id = server.services.oauth_clients(tenant.name).create_trusted("Entra", trust).id

    def sign_in(self, assertion: str, **more: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": "scim",
            **more,
        }
        return httpx.post(self.url, data=form, timeout=30)

    def status(self, signed_in: httpx.Response) -> int:
        """Return the status of a request with the token of an answer."""
        token = signed_in.json()["access_token"]
        answer = httpx.get(self.users, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        return answer.status_code


@pytest.fixture
def application(server: Server, tenant: Tenant, issuer: Issuer) -> Application:
    return Application(server, tenant, issuer.trust)


def test_the_same_assertion_twice_gives_two_tokens_that_work(
    application: Application, issuer: Issuer
) -> None:
    assertion = issuer.signed()
    first, second = application.sign_in(assertion), application.sign_in(assertion)

    assert first.status_code == second.status_code == 200
    assert first.json()["expires_in"] == 3600
    assert application.status(first) == application.status(second) == 200


def test_what_entra_and_others_add_is_ignored(application: Application, issuer: Issuer) -> None:
    more = {"baseAddress": application.users, "resource": "https://example.com/"}

    assert application.sign_in(issuer.signed(), **more).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"key": OTHER_KEY},
        {"key": OTHER_KEY, "header": {"kid": KEY.id}},
        {"iss": "https://login.microsoftonline.com/x/v2.0"},
        {"tid": issuers.other_id()},
        {"sub": issuers.other_id()},
        {"aud": issuers.other_id()},
        {"exp": 1},
    ],
    ids=["unknown-key", "wrong-key", "issuer", "tenant", "subject", "audience", "expired"],
)
def test_whatever_is_wrong_the_answer_is_the_same(
    changes: dict[str, Any], application: Application, issuer: Issuer
) -> None:
    refused = application.sign_in(issuer.signed(**changes))
    unknown = application.sign_in(issuer.signed(), client_id="rollcall-client-0123456789abcdef")

    assert refused.status_code == unknown.status_code == 401
    assert refused.content == unknown.content
    assert refused.json()["error"] == "invalid_client"


def test_the_reason_is_in_the_log_alone(
    server: Server, application: Application, issuer: Issuer
) -> None:
    refused = application.sign_in(issuer.signed(sub="somebody-else"))

    assert "somebody-else" not in refused.text
    log = server.log.read_text()
    assert "its subject (sub) is not the trust's" in log
    assert "somebody-else" not in log
    assert "eyJ" not in log


def test_an_issuer_that_is_away_is_no_401(application: Application, issuer: Issuer) -> None:
    issuer.answer = issuers.status(500)

    away = application.sign_in(issuer.signed())

    assert away.status_code == 503
    assert int(away.headers["Retry-After"]) > 0
    assert away.json()["error"] == "temporarily_unavailable"


def test_a_key_that_rotates_interrupts_nothing(application: Application, issuer: Issuer) -> None:
    assert application.sign_in(issuer.signed()).status_code == 200
    issuer.publish(OTHER_KEY)

    assert application.sign_in(issuer.signed(key=OTHER_KEY)).status_code == 200
    assert application.sign_in(issuer.signed()).status_code == 401


def test_where_the_trust_asks_for_it_an_assertion_signs_in_once(
    server: Server, tenant: Tenant, issuer: Issuer
) -> None:
    application = Application(server, tenant, replace(issuer.trust, single_use=True))
    assertion = issuer.signed(jti=issuers.other_id())

    assert application.sign_in(assertion).status_code == 200
    assert application.sign_in(assertion).status_code == 401
    assert application.sign_in(issuer.signed(jti=issuers.other_id())).status_code == 200


def test_without_the_option_an_issuer_on_this_machine_is_not_read(
    server: Server, issuer: Issuer
) -> None:
    verify = assertion_verifier(server.services)  # whose settings are those of a deployment

    with pytest.raises(AssertionRefused, match="the URL of the keys may not be read"):
        verify(issuer.signed(), issuer.trust)
    assert issuer.reads == 0


def test_no_token_of_an_issuer_opens_the_scim_service(tenant: Tenant, issuer: Issuer) -> None:
    with tenant.client() as client:
        headers = {"Authorization": f"Bearer {issuer.signed()}"}
        assert client.get("/Users", headers=headers).status_code == 401
