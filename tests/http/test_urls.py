"""Where a tenant is: the URLs that answers name, and paths that are no endpoint."""

from __future__ import annotations

import pytest

from tests.http.api import BASE, Api


@pytest.mark.parametrize("path", ["/nowhere", "/Users/a/b", "/users", "/Me2"])
def test_another_path_is_a_scim_404_and_no_redirect(path: str, api: Api) -> None:
    answer = api.send("GET", path)

    assert answer.status_code == 404
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.parametrize("path", ["", "/", "//"])
def test_the_tenants_own_url_lists_all_types_and_does_not_redirect(path: str, api: Api) -> None:
    api.user()
    api.send("POST", "/Groups", json={"displayName": "Staff"})

    answer = api.send("GET", path)

    assert (answer.status_code, answer.json()["totalResults"]) == (200, 2)


@pytest.mark.parametrize("base", ["", "/scim", "/scim/acme", "/scim/acme/v1", "/other"])
def test_outside_of_every_tenant_there_is_nothing(base: str, api: Api) -> None:
    assert api.send("GET", "/Users", base=base).status_code == 404


def test_what_was_created_is_where_the_answer_says(api: Api) -> None:
    answer = api.send("POST", "/Users", json={"userName": "ann"})
    user = answer.json()

    assert user["meta"]["location"] == answer.headers["location"]
    assert answer.headers["location"] == f"https://scim.test{BASE}/Users/{user['id']}"
    assert api.send("GET", f"/Users/{user['id']}").json() == user


def test_the_host_that_was_asked_is_the_host_of_every_url(api: Api) -> None:
    user = api.user()

    read = api.send("GET", f"/Users/{user['id']}", headers={"Host": "other.test:8443"}).json()

    assert read["meta"]["location"] == f"https://other.test:8443{BASE}/Users/{user['id']}"
