"""What requests leave in the hour of their tenant, whatever becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime

from rollcall.runtime.services import Services
from rollcall.storage.usage_items import UsageHour, UsageItems
from rollcall.tenants import oauth_clients, token_format
from tests.http.api import Api
from tests.storage.faults import answering, refusal


def hour(services: Services) -> UsageHour | None:
    return UsageItems(services.table, "acme").latest(datetime.now(UTC))


def wrong() -> dict[str, str]:
    return {"Authorization": f"Bearer {token_format.generate()}"}


def test_a_request_counts_with_its_outcome_and_its_token(api: Api, services: Services) -> None:
    assert api.send("GET", "/Users/nobody").status_code == 404

    found = hour(services)
    assert found is not None
    assert found.requests == {"rejected": 1}
    assert found.answered is not None
    assert found.answered.way == "token"
    assert found.answered.credential == api.lines()[-1]["token_id"]


def test_a_wrong_token_of_a_tenant_is_the_last_thing(api: Api, services: Services) -> None:
    api.send("GET", "/Users")
    assert api.send("GET", "/Users", headers=wrong()).status_code == 401

    found = hour(services)
    assert found is not None
    assert found.refused is not None
    assert found.answered is not None
    assert found.refused.status == 401
    assert found.refused.time >= found.answered.time
    assert found.requests == {"succeeded": 1, "refused": 1}


def test_wrong_sign_ins_at_the_token_endpoint_count_too(api: Api, services: Services) -> None:
    client = services.oauth_clients("acme").create("entra").client
    form = {
        "grant_type": "client_credentials",
        "client_id": client.id,
        "client_secret": token_format.generate(oauth_clients.PREFIX),
    }
    answer = api.send("POST", "/oauth2/token", base="/scim/acme", data=form)

    assert answer.status_code == 401
    found = hour(services)
    assert found is not None
    assert found.requests == {"refused": 1}
    assert found.answered is None


def test_a_name_without_a_tenant_is_never_written(
    api: Api, services: Services, calls: list[str]
) -> None:
    for number in range(3):
        api.send("GET", "/Users", base=f"/scim/other{number}/v2", headers=wrong())
        form = {
            "grant_type": "client_credentials",
            "client_id": oauth_clients.new_client_id(),
            "client_secret": token_format.generate(oauth_clients.PREFIX),
        }
        api.send("POST", "/oauth2/token", base=f"/scim/other{number}", data=form)

    assert calls == []


def test_a_request_that_fails_on_our_side_counts_as_failed(api: Api, services: Services) -> None:
    with answering(services.clients.dynamodb, "Query", refusal("ValidationException")):
        assert api.send("GET", "/Users/nobody").status_code == 500

    found = hour(services)
    assert found is not None
    assert found.requests == {"failed": 1}
