"""What the gateway hands on: paths and locations behind a stage and behind domains of one's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from rollcall.http.routes import EVERYTHING
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services

USERS = "/scim/acme/v2/Users"


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 20_000


@pytest.fixture(autouse=True)
def loop() -> Iterator[None]:
    """An event loop of the test's own: Mangum takes the current one and leaves it open."""
    own = asyncio.new_event_loop()
    asyncio.set_event_loop(own)
    yield
    asyncio.set_event_loop(None)
    own.close()


def event(token: str, method: str, path: str, sent: str, body: Any = None) -> dict[str, Any]:
    headers = {
        "Host": "api.test",
        "Authorization": f"Bearer {token}",
        "X-Forwarded-Proto": "https",
        "Content-Type": "application/scim+json",
    }
    return {
        "resource": "/scim/{tenant}/v2/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"path": sent, "stage": "live", "requestId": "r", "httpMethod": method},
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


@pytest.mark.parametrize(
    ("path", "sent", "root"),
    [
        (USERS, f"/live{USERS}", "/live"),
        (USERS, USERS, ""),
        (f"/hr{USERS}", f"/hr{USERS}", "/hr"),
        (f"/scim{USERS}", f"/scim{USERS}", "/scim"),
        (f"/live{USERS}", f"/live{USERS}", "/live"),
        (f"/hr/live{USERS}", f"/hr/live{USERS}", "/hr/live"),
        (f"{USERS}/", f"/live{USERS}/", "/live"),
        (f"/{USERS}", f"/live/{USERS}", "/live"),
        ("/scim/acme/v2//Users", "/live/scim/acme/v2//Users", "/live"),
    ],
)
def test_a_location_is_below_the_url_that_the_client_asked(
    path: str, sent: str, root: str, services: Services
) -> None:
    token = services.tenants.create("acme")
    app = application(services, EVERYTHING, logger())
    handle: Any = behind_gateway(app)

    answer = handle(event(token, "POST", path, sent, {"userName": "ann"}), Context())
    created = json.loads(answer["body"])

    assert answer["statusCode"] == 201
    expected = f"https://api.test{root}{USERS}/{created['id']}"
    assert created["meta"]["location"] == expected
    assert {**answer["headers"]}["location"] == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Port", "abc"),
        ("X-Forwarded-Port", "443, 1"),
        ("x-forwarded-port", ""),
        ("X-Forwarded-Proto", "http, https"),
        ("X-Forwarded-Proto", "javascript"),
        ("X-Forwarded-For", "not, addresses"),
        ("X-Forwarded-Host", "evil.example"),
    ],
)
def test_what_a_proxy_forwards_neither_fails_a_request_nor_moves_a_location(
    name: str, value: str, services: Services
) -> None:
    token = services.tenants.create("acme")
    handle: Any = behind_gateway(application(services, EVERYTHING, logger()))
    sent = event(token, "POST", USERS, f"/live{USERS}", {"userName": "ann"})
    sent["headers"][name] = value
    sent["multiValueHeaders"][name] = value.split(", ")

    answer = handle(sent, Context())

    assert answer["statusCode"] == 201
    assert answer["headers"]["location"].startswith(f"https://api.test/live{USERS}/")


def test_a_gateway_on_this_machine_may_speak_http(services: Services) -> None:
    token = services.tenants.create("acme")
    handle: Any = behind_gateway(application(services, EVERYTHING, logger()))
    sent = event(token, "POST", USERS, USERS, {"userName": "ann"})
    sent["headers"]["X-Forwarded-Proto"] = "http"
    sent["multiValueHeaders"]["X-Forwarded-Proto"] = ["http"]

    assert handle(sent, Context())["headers"]["location"].startswith("http://api.test/scim/")
