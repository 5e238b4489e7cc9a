"""How much of what is sent is taken, and that all of it is answered in SCIM."""

from __future__ import annotations

import json

import pytest

from tests.http.api import Api

MEBIBYTE = 1_048_576
JSON = {"Content-Type": "application/scim+json"}


BOUNDS = [("POST", "/Users", 1), ("PATCH", "/Users/x", 1), ("POST", "/Groups", 5)]


@pytest.mark.parametrize(("method", "path", "megabytes"), [*BOUNDS, ("PUT", "/Groups/x", 5)])
def test_a_body_is_taken_up_to_its_bound_and_refused_above_it(
    method: str, path: str, megabytes: int, api: Api
) -> None:
    size = megabytes * MEBIBYTE

    within = api.send(method, path, content=b" " * (size - 2) + b"[]", headers=JSON)
    above = api.send(method, path, content=b" " * (size - 1) + b"[]", headers=JSON)

    assert (within.status_code, within.json()["scimType"]) == (400, "invalidSyntax")
    assert above.status_code == 413
    assert above.json()["status"] == "413"
    assert above.headers["content-type"] == "application/scim+json"


def test_a_resource_that_is_too_large_to_be_kept_is_413(api: Api) -> None:
    answer = api.send("POST", "/Users", json={"userName": "ann", "title": "x" * 300_000})

    assert answer.status_code == 413
    assert api.send("GET", "/Users").json()["totalResults"] == 0


@pytest.mark.parametrize("depth", [20, 40, 80, 460, 900])
def test_a_body_that_nests_deep_is_read_or_refused_and_never_fails(depth: int, api: Api) -> None:
    text = '{"a":' * depth + "1" + "}" * depth
    user = api.user()["id"]
    sent = [
        ("POST", "/Users", '{"userName": "n", "name": %s}'),
        ("POST", "/Users", '{"userName": "e", "emails": [{"value": %s}]}'),
        ("POST", "/Users", '{"userName": "o", "other": %s}'),
        ("PATCH", f"/Users/{user}", '{"Operations": [{"op": "add", "path": "x", "value": %s}]}'),
        ("POST", "/.search", '{"filter": "id pr", "other": %s}'),
        ("POST", "/Bulk", '{"Operations": [{"method": "POST", "path": "/Users", "data": %s}]}'),
    ]

    answers = [
        api.send(method, path, content=body % text, headers=JSON) for method, path, body in sent
    ]

    assert all(each.status_code < 500 for each in answers)
    if depth > 64:
        assert {each.json()["scimType"] for each in answers} == {"invalidSyntax"}


@pytest.mark.parametrize(
    "identifier", ["x" * 3000, "%23", "%00", "%ED%A0%80", "..%2F..%2FUsers", "a%20b", "*"]
)
def test_an_id_is_anything_and_not_found(identifier: str, api: Api) -> None:
    answer = api.send("GET", f"/Users/{identifier}")

    assert answer.status_code == 404
    assert answer.json()["status"] == "404"


def test_a_filter_has_bounds(api: Api) -> None:
    long = " or ".join(['userName eq "x"'] * 600)
    deep = "not (" * 200 + 'userName eq "x"' + ")" * 200

    for text in (long, deep):
        answer = api.send("GET", "/Users", params={"filter": text})
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


@pytest.mark.parametrize("name", ["filter", "sortBy", "attributes", "cursor", "sortOrder"])
@pytest.mark.parametrize("text", ["a", "(", "[", '"', "a eq ", "a,", '\\"'])
def test_a_search_for_what_is_as_long_as_a_body_is_refused_or_answered(
    text: str, name: str, api: Api
) -> None:
    long = text * (500_000 // len(json.dumps(text)))

    answer = api.send("POST", "/Users/.search", json={name: long})

    allowed = (200,) if name == "attributes" else (400,)
    assert answer.status_code in allowed


def test_a_host_that_is_longer_than_hosts_are_is_refused(api: Api) -> None:
    answer = api.send("GET", "/Users", headers={"Host": "x" * 300})

    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidSyntax")


def test_a_page_holds_two_hundred_at_most_and_the_count_that_was_asked_is_no_bound(
    api: Api,
) -> None:
    api.user()

    page = api.send("GET", f"/Users?startIndex=1&count={'9' * 30}").json()
    behind = api.send("GET", f"/Users?startIndex={'9' * 30}").json()

    assert (page["totalResults"], page["itemsPerPage"]) == (1, 1)
    assert (behind["totalResults"], behind["Resources"]) == (1, [])
    assert behind["startIndex"] > 1


def test_a_list_of_nobody_and_a_count_of_zero_are_lists(api: Api) -> None:
    api.user()

    for query in ("count=0", "count=-1", 'filter=userName eq "nobody"'):
        answer = api.send("GET", f"/Users?{query}")
        assert (answer.status_code, answer.json()["Resources"]) == (200, [])
