"""The token endpoint as a client meets it: RFC 6749 sections 2.3.1, 3.2, 4.4, 5.1 and 5.2."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from rollcall.federation.trust import AssertionRefused, Trust
from rollcall.http.token_endpoint import MAX_BODY
from rollcall.runtime.services import Services
from rollcall.tenants import token_format
from rollcall.tenants.client_grant import ASSERTION_TYPE
from rollcall.tenants.oauth_clients import PREFIX, new_client_id
from rollcall.tenants.tenant_clients import IssuedSecret
from rollcall.tenants.tenants import READ_ONLY
from tests.conftest import Server
from tests.http.api import Api, until_refused
from tests.storage.faults import answering, refusal
from tests.tenants.conftest import own_services

TRUST = Trust("https://issuer.test", "https://issuer.test/keys", "subject", "audience")
FORM = "application/x-www-form-urlencoded"
USER = {"userName": "ann@example.com"}


@pytest.fixture
def services(server: Server) -> Services:
    """On the emulator: what is in memory does not move AWSCURRENT as Secrets Manager does."""
    return own_services(server)


@pytest.fixture
def made(api: Api, services: Services) -> IssuedSecret:
    """A client of acme, and its secret."""
    return services.oauth_clients("acme").create("Entra ID")


def ask(api: Api, tenant: str = "acme", **options: Any) -> httpx.Response:
    """Send a request to a token endpoint, which no Authorization is added to."""
    authorization = options.pop("authorization", "")
    headers = {"Authorization": authorization, **options.pop("headers", {})}
    method = options.pop("method", "POST")
    return api.send(method, "/token", base=f"/scim/{tenant}/oauth2", headers=headers, **options)


def form(made: IssuedSecret, **more: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": made.client.id,
        "client_secret": made.plain,
        **more,
    }


def basic(client: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client}:{secret}".encode()).decode()


def test_a_token_is_what_entra_id_expects_and_opens_the_tenant(
    api: Api, made: IssuedSecret
) -> None:
    answer = ask(api, data=form(made, scope="scim", baseAddress="https://scim.test/scim/acme/v2"))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    content = answer.json()
    api.token = content.pop("access_token")
    assert content == {"token_type": "Bearer", "expires_in": 3600, "scope": "scim"}
    users = api.send("GET", "/Users?startIndex=1&count=1")
    assert (users.status_code, users.json()["totalResults"]) == (200, 0)
    assert api.send("POST", "/Users", json=USER).status_code == 201


def test_a_read_only_client_reads_and_changes_nothing(api: Api, services: Services) -> None:
    made = services.oauth_clients("acme").create("reports", scope=READ_ONLY)
    answer = ask(api, data=form(made, scope="scim")).json()

    assert answer["scope"] == "scim:read"
    api.token = answer["access_token"]
    assert api.send("GET", "/Users").status_code == 200
    assert api.send("POST", "/Users", json=USER).status_code == 400


def test_basic_signs_in_too_with_client_and_secret_encoded_as_in_a_form(
    api: Api, made: IssuedSecret
) -> None:
    encoded = "".join(f"%{ord(each):02X}" for each in made.plain)
    for secret in (made.plain, quote(made.plain), encoded):
        answer = ask(
            api,
            data={"grant_type": "client_credentials"},
            authorization=basic(made.client.id, secret),
        )
        assert answer.status_code == 200, answer.text


def test_an_assertion_signs_in_without_a_secret(api: Api, services: Services) -> None:
    def verify(assertion: str, trust: Trust) -> None:
        if assertion != "right":
            raise AssertionRefused(f"it is not one of {trust.issuer}")

    api.verifier = verify
    api.restart()
    client = services.oauth_clients("acme").create_trusted("Entra ID", TRUST)
    sent = {
        "grant_type": "client_credentials",
        "client_id": client.id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": "right",
        "scope": "scim",
    }

    assert ask(api, data=sent).status_code == 200
    wrong = ask(api, data={**sent, "client_assertion": "wrong"})
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert "issuer.test" not in wrong.text
    assert api.lines()[-1]["reason"] == "it is not one of https://issuer.test"


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        ({"scope": "openid"}, 400, "invalid_scope"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
    ],
)
def test_refusals_are_those_of_the_rfc(
    change: dict[str, str], status: int, error: str, api: Api, made: IssuedSecret
) -> None:
    answer = ask(api, data={**form(made), **change})

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.json()["error_description"]


def test_two_methods_at_once_are_an_invalid_request(api: Api, made: IssuedSecret) -> None:
    answer = ask(api, data=form(made), authorization=basic(made.client.id, made.plain))

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "body",
    [
        "grant_type=client_credentials&grant_type=client_credentials",
        "{sent}&client_secret=another",
        "{sent}&scope=scim&scope=scim",
        "{sent}&resource=a&resource=b",
        "{sent}&x=%ff",
        "{sent}&" + "&".join(f"x{number}=1" for number in range(60)),
    ],
)
def test_repeated_and_unreadable_parameters_are_an_invalid_request(
    body: str, api: Api, made: IssuedSecret
) -> None:
    content = body.replace("{sent}", urlencode(form(made)))
    answer = ask(api, content=content, headers={"Content-Type": FORM})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("authorization", ["Basic", "Basic ?", "Basic /w==", "Basic YTolZmY="])
def test_an_authorization_that_cannot_be_read_is_an_invalid_request(
    authorization: str, api: Api, made: IssuedSecret
) -> None:
    sent = {"grant_type": "client_credentials"}
    answer = ask(api, data=sent, authorization=authorization)

    assert answer.json()["error"] in {"invalid_request", "invalid_client"}
    assert answer.status_code in {400, 401}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_gets_a_token(method: str, api: Api, made: IssuedSecret) -> None:
    answer = ask(api, method=method, params=form(made))

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "access_token" not in answer.text


@pytest.mark.parametrize(
    "media_type", ["application/json", "multipart/form-data", "text/plain", ""]
)
def test_the_body_is_a_form(media_type: str, api: Api, made: IssuedSecret) -> None:
    content = urlencode(form(made))
    answer = ask(api, content=content, headers={"Content-Type": media_type})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_the_media_type_may_name_a_charset(api: Api, made: IssuedSecret) -> None:
    header = {"Content-Type": f"{FORM}; charset=UTF-8"}

    assert ask(api, content=urlencode(form(made)), headers=header).status_code == 200


def test_what_stands_in_the_query_is_no_parameter(api: Api, made: IssuedSecret) -> None:
    answer = ask(api, params=form(made), headers={"Content-Type": FORM})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_body_is_bounded(api: Api, made: IssuedSecret) -> None:
    size = len(urlencode(form(made, resource="")))

    assert ask(api, data=form(made, resource="x" * (MAX_BODY - size))).status_code == 200
    answer = ask(api, data=form(made, resource="x" * (MAX_BODY - size + 1)))
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


def test_a_refused_client_is_challenged(api: Api, made: IssuedSecret) -> None:
    wrong = token_format.generate(PREFIX)
    answer = ask(
        api,
        data={"grant_type": "client_credentials"},
        authorization=basic(made.client.id, wrong),
    )

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="rollcall"'


def test_unknown_tenant_disabled_tenant_unknown_client_and_wrong_secret_are_one_answer(
    api: Api, made: IssuedSecret, services: Services
) -> None:
    services.tenants.create("closed")
    closed = services.oauth_clients("closed").create("Entra ID")
    services.tenants.disable("closed")
    unknown, wrong = new_client_id(), token_format.generate(PREFIX)
    answers = [
        ask(api, "nobody", data=form(made)),
        ask(api, "No such NAME", data=form(made)),
        ask(api, "closed", data=form(closed)),
        ask(api, data=form(made, client_id=unknown)),
        ask(api, data=form(made, client_secret=wrong)),
        ask(api, data=form(made, client_id="x", client_secret="y")),
    ]

    def seen(answer: httpx.Response) -> tuple[int, str, list[tuple[str, str]]]:
        headers = [(name, value) for name, value in answer.headers.items() if "id" not in name]
        return answer.status_code, answer.text, headers

    assert all(seen(answer) == seen(answers[0]) for answer in answers)
    assert answers[0].status_code == 401


@pytest.mark.parametrize("calls_before", [0, 1])
def test_what_cannot_be_read_is_answered_with_503_and_when_to_try_again(
    calls_before: int, api: Api, made: IssuedSecret, services: Services
) -> None:
    client = services.clients.secretsmanager
    answers = [None] * calls_before + [refusal("ThrottlingException")]
    with answering(client, "GetSecretValue", *answers):
        answer = ask(api, data=form(made))

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["error"] == "temporarily_unavailable"
    assert answer.headers["cache-control"] == "no-store"


def test_a_request_with_an_access_token_waits_for_the_signing_key(
    api: Api, made: IssuedSecret, services: Services
) -> None:
    api.token = ask(api, data=form(made)).json()["access_token"]
    api.restart()
    services.signing_keys._read_at = float("-inf")
    client = services.clients.secretsmanager
    with answering(client, "GetSecretValue", refusal("ThrottlingException")):
        answer = api.send("GET", "/Users")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert api.send("GET", "/Users").status_code == 200


def test_too_many_failures_for_one_name_are_told_to_wait_and_who_is_right_is_not(
    api: Api, made: IssuedSecret, services: Services
) -> None:
    services.settings = replace(services.settings, rate=50)
    api.restart()
    wrong = form(made, client_secret=token_format.generate(PREFIX))

    assert ask(api, data=wrong).status_code == 401
    refused = until_refused(lambda: ask(api, data=wrong))

    assert int(refused.headers["retry-after"]) >= 1
    assert api.lines()[-1]["limit"] == "sign-ins"
    assert ask(api, data=form(made)).status_code == 200
    assert ask(api, "nobody", data=wrong).status_code == 401


def test_the_log_names_tenant_and_client_and_no_secret_assertion_or_token(
    api: Api, made: IssuedSecret
) -> None:
    assertion, wrong = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", token_format.generate(PREFIX)
    token = ask(api, data=form(made)).json()["access_token"]
    ask(api, data=form(made, client_secret=wrong))
    ask(api, data=form(made, client_id=made.plain))
    ask(api, data=form(made, client_secret="", client_assertion=assertion))
    ask(
        api,
        data=form(
            made, client_secret="", client_assertion=assertion, client_assertion_type=ASSERTION_TYPE
        ),
    )
    ask(api, method="GET", params=form(made))
    api.token = token
    api.send("GET", "/Users")
    text, lines = api.log.getvalue(), api.lines()

    for secret in (made.plain, wrong, assertion, token, token[-43:]):
        assert secret not in text
    assert lines[0]["client_id"] == made.client.id == lines[-1]["token_id"]
    assert {line["tenant"] for line in lines} == {"acme"}
    assert lines[0]["path"] == "/scim/acme/oauth2/token"
    assert [line.get("oauth_error") for line in lines] == [
        None,
        "invalid_client",
        "invalid_client",
        "invalid_request",
        "invalid_client",
        None,
        None,
    ]


def test_a_write_is_in_the_provisioning_log_with_its_client(
    api: Api, made: IssuedSecret, services: Services
) -> None:
    api.token = ask(api, data=form(made)).json()["access_token"]
    api.user()

    now = datetime.now(UTC)
    entries = services.log("acme").read(now - timedelta(hours=1), now + timedelta(hours=1))
    assert [entry.actor for entry in entries] == [f"token:{made.client.id}"]


def test_the_metadata_name_the_endpoint_as_the_client_addressed_it(api: Api) -> None:
    path = "/.well-known/oauth-authorization-server"
    answers = {
        tenant: api.send("GET", path, base=f"/scim/{tenant}/oauth2")
        for tenant in ("acme", "nobody")
    }

    assert {answer.status_code for answer in answers.values()} == {200}
    assert answers["acme"].headers["content-type"] == "application/json"
    assert answers["acme"].json() == {
        "issuer": "https://scim.test/scim/acme/oauth2",
        "token_endpoint": "https://scim.test/scim/acme/oauth2/token",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": ["scim", "scim:read"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
        ],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
    }
    assert api.send("GET", f"{path}/scim/acme/oauth2", base="").text == answers["acme"].text
    assert answers["nobody"].text == answers["acme"].text.replace("/acme/", "/nobody/")
    assert api.send("GET", path, base="/scim/No%20name/oauth2").status_code == 404
    assert api.send("POST", path, base="/scim/acme/oauth2").headers["allow"] == "GET, HEAD"
