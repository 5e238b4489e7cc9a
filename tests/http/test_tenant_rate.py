"""The rate of a tenant over HTTP: what is refused, in which form, and what is logged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.discovery import MAX_OPERATIONS
from tests.directory.people import users
from tests.http.api import Api, until_refused

RATE = 25


@pytest.fixture
def limited(services: Services) -> Api:
    """An application that limits tenants to RATE."""
    return Api(services, replace(services.settings, rate=RATE))


BULK = {
    "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    "failOnErrors": 1,
    "Operations": [{"method": "DELETE", "path": "/Users/nobody"}] * MAX_OPERATIONS,
}
"""A bulk request that ends with its first operation, and counts as all."""


def statuses(api: Api, requests: int, **options: Any) -> list[int]:
    return [
        api.send("GET", "/ServiceProviderConfig", **options).status_code for _ in range(requests)
    ]


def test_who_is_beyond_the_rate_is_told_in_scim_when_to_come_again(limited: Api) -> None:
    assert limited.send("POST", "/Bulk", json=BULK).status_code == 200
    refused = limited.send("GET", "/Users")

    assert refused.status_code == 429
    assert 1 < int(refused.headers["Retry-After"]) <= MAX_OPERATIONS / RATE
    assert refused.headers["Content-Type"] == "application/scim+json"
    assert refused.json() == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "429",
        "detail": "more than 25 requests a second, try again later",
    }


def test_fifty_members_count_as_a_request(services: Services) -> None:
    api = Api(services, replace(services.settings, rate=1))
    people = users(services.directory("acme"), 301)
    body = {"displayName": "sales", "members": [{"value": each} for each in people]}
    assert api.send("POST", "/Groups", json=body).status_code == 201

    refused = api.send("GET", "/Groups")

    assert refused.status_code == 429
    assert 1 < int(refused.headers["Retry-After"]) <= 6, refused.headers


def test_a_bulk_beyond_the_greatest_debt_is_refused_before_its_first_operation(
    services: Services,
) -> None:
    """A new container admits its first request: it does not know of the debt."""
    api = Api(services, replace(services.settings, rate=RATE))
    statuses = []
    for _ in range(11):
        api.restart()
        statuses.append(api.send("POST", "/Bulk", json=BULK).status_code)
    line = api.lines()[-1]

    assert statuses == [200] * 10 + [429]
    assert (line["path"], line["status"], line["limit"]) == ("/scim/acme/v2/Bulk", 429, "rate")


def test_a_refusal_is_a_line_with_the_limit_and_the_token(limited: Api) -> None:
    limited.send("POST", "/Bulk", json=BULK)
    limited.send("GET", "/Users")

    line = limited.lines()[-1]

    assert (line["message"], line["status"], line["limit"]) == ("request", 429, "rate")
    assert (line["tenant"], bool(line["token_id"])) == ("acme", True)


def test_one_entry_of_the_log_says_so(limited: Api, services: Services) -> None:
    limited.send("POST", "/Bulk", json=BULK)
    statuses(limited, 5)

    entries = services.table.scan("acme#LOG#")

    refusals = [entry for entry in entries if entry["status"] == 429]
    assert len({entry["sk"] for entry in refusals}) == len(refusals) <= 2
    assert refusals[0]["target"] == "Tenant/acme"


def test_failed_sign_ins_do_not_touch_the_rate(limited: Api) -> None:
    wrong = {"Authorization": "Bearer nonsense"}

    assert statuses(limited, RATE, headers=wrong) == [401] * RATE
    until_refused(lambda: limited.send("GET", "/Users", headers=wrong))
    assert limited.send("GET", "/Users").status_code == 200
    assert "limit" not in limited.lines()[-1]


def test_too_many_failed_sign_ins_are_told_when_to_come_again(limited: Api) -> None:
    wrong = {"Authorization": "Bearer nonsense"}

    refused = until_refused(lambda: limited.send("GET", "/Users", headers=wrong))

    assert refused.headers["Retry-After"] == "1"
    assert "sign-ins" in refused.json()["detail"]
    assert {line.get("limit") for line in limited.lines()} == {None, "sign-ins"}


def test_failed_sign_ins_cost_no_call(limited: Api, services: Services, calls: list[str]) -> None:
    statuses(limited, 4 * RATE, headers={"Authorization": "Bearer nonsense"})

    assert calls == []


def test_the_local_server_limits_nothing_by_default(api: Api) -> None:
    assert Settings().rate == 0
    assert statuses(api, 100) == [200] * 100
    assert set(statuses(api, 50, headers={"Authorization": "Bearer nonsense"})) == {401}


def test_the_requests_of_a_quiet_client_make_no_call_for_it(limited: Api, calls: list[str]) -> None:
    statuses(limited, 4)

    # The day of the token's use, and the first request of the tenant's hour.
    assert calls == ["TransactWriteItems", "UpdateItem"]
