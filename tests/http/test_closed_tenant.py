"""A closed tenant over HTTP: 503 in SCIM's form at every endpoint, and nothing is written."""

from __future__ import annotations

import pytest

from rollcall.runtime.services import Services
from rollcall.scim.errors import ERROR
from rollcall.tenants import closure
from tests.conftest import Server
from tests.http.api import Api
from tests.tenants.conftest import own_services


@pytest.fixture
def services(server: Server) -> Services:
    """On the emulator: what is in memory does not move AWSCURRENT as Secrets Manager does."""
    return own_services(server)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("PATCH", "/Groups/1"),
        ("POST", "/Bulk"),
        ("GET", "/Schemas"),
        ("GET", "/nothing"),
    ],
)
def test_every_endpoint_asks_to_try_again(
    method: str, path: str, api: Api, services: Services
) -> None:
    closure.close(services.tenants, "acme", "move 1", "it is being moved")
    stored = list(services.table.scan("acme#"))

    answer = api.send(method, path, json={"userName": "ann@example.com"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert answer.json() == {
        "schemas": [ERROR],
        "status": "503",
        "detail": "this tenant is closed for maintenance, try again later",
    }
    assert api.lines()[-1]["reason"] == "the tenant is closed"
    assert list(services.table.scan("acme#")) == stored


def test_so_does_the_token_endpoint(api: Api, services: Services) -> None:
    made = services.oauth_clients("acme").create("Entra ID")
    closure.close(services.tenants, "acme", "move 1", "it is being moved")
    form = {
        "grant_type": "client_credentials",
        "client_id": made.client.id,
        "client_secret": made.plain,
    }

    answer = api.send("POST", "/token", base="/scim/acme/oauth2", data=form)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "120")
    assert answer.json()["error"] == "temporarily_unavailable"
    assert api.lines()[-1]["reason"] == "the tenant is closed"
