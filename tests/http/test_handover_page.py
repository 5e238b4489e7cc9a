"""The hand-over page as a browser gets it: what it may load, what it says, what the log has."""

from __future__ import annotations

import io
import json
import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256
from html import unescape
from typing import Any

import anyio
import httpx
import pytest

from rollcall.http import handover_page
from rollcall.http.handover_page import DirectoryFacts
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.tenants import token_format
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenants import Tenants
from tests.conftest import Server
from tests.storage.faults import Request, counted


class Page:
    """The hand-over page of a tenant of the local server, as an application of its own."""

    def __init__(self, server: Server) -> None:
        self.tenant = server.tenant().name
        self.services: Services = server.services
        self.desk = HandoverService(self.services.table, self.services.tenants)
        self.code = self.desk.offer(self.tenant, timedelta(hours=1)).code
        self.log = io.StringIO()
        log = logger()
        log.registered_handler.setStream(self.log)  # type: ignore[attr-defined]  # one per process
        facts = DirectoryFacts(has_template=False, users=2, groups=1, duplicates=3)
        routes = handover_page.routes(
            self.desk, lambda _: facts, "A & B", "https://help.test/a?b=<c>"
        )
        self.app = application(self.services, (), log, routes)

    def send(self, method: str, path: str = "", **options: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="https://scim.test") as http:
                return await http.request(method, f"/handover{path}", **options)

        return anyio.run(exchange)

    def status(self, code: str | None = None) -> httpx.Response:
        return self.send("POST", "/status", json={"code": code or self.code})

    def press_client(self, **more: object) -> httpx.Response:
        return self.send("POST", "/client", json={"code": self.code, **more})

    def press(self, code: str | None = None) -> httpx.Response:
        return self.send("POST", "/token", json={"code": code or self.code})


@pytest.fixture
def page(server: Server) -> Page:
    return Page(server)


def test_the_page_itself_knows_nothing_and_asks_nobody(page: Page) -> None:
    clients = page.services.clients
    with counted(clients.dynamodb, clients.secretsmanager) as made:
        answer = page.send("GET")

    assert made == []
    assert answer.status_code == 200
    # The hashes of style and script may hold any letters.
    assert page.tenant not in re.sub(r"sha256-[\w+/=]+", "", answer.text)
    assert page.code not in answer.text


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(
    page: Page,
) -> None:
    answer = page.send("GET")

    policy = dict(
        each.split(" ", 1) for each in answer.headers["content-security-policy"].split("; ")
    )
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = b64encode(sha256(inline.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_the_page_names_nothing_elsewhere(page: Page) -> None:
    text = page.send("GET").text

    loaded = re.findall(r"(?:src|href|action)=\"([^\"]*)\"|url\(([^)]*)\)|@import", text)
    assert {first[:1] for first, _ in loaded} <= {"#", "d"}
    assert not re.search(r"\son\w+=|javascript:|innerHTML|insertAdjacent|eval\(", text)


@pytest.mark.parametrize("path", ["", "/status", "/token"])
def test_nothing_of_it_is_cached_framed_or_told_to_others(path: str, page: Page) -> None:
    answer = page.send("POST", path, json={"code": page.code}) if path else page.send("GET")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_product_and_support_are_text(page: Page) -> None:
    text = page.send("GET").text

    assert "Name it A &amp; B and create it" in text
    assert unescape(re.findall(r"data-help=\"([^\"]*)", text)[0]) == "https://help.test/a?b=<c>"
    assert "<c>" not in text


def test_the_status_says_nothing_of_values_before_the_button_is_pressed(page: Page) -> None:
    told = page.status().json()

    assert set(told) == {"tenant", "opensUntil", "open", "template"}
    assert (told["tenant"], told["open"], told["template"]) == (page.tenant, True, False)


def test_a_press_shows_url_and_token_once_and_the_status_never(page: Page) -> None:
    shown = page.press()
    told = page.status()
    again = page.press()

    values = shown.json()
    assert values["url"] == f"https://scim.test/scim/{page.tenant}/v2"
    assert token_format.is_well_formed(values["token"])
    assert told.json()["url"] == values["url"]
    assert told.json()["firstUse"] is None
    assert (told.json()["users"], told.json()["groups"]) == (2, 1)
    assert told.json()["duplicates"] == 3
    assert values["token"] not in told.text + again.text
    assert again.status_code == 404


def test_a_forged_link_an_expired_one_and_an_unknown_tenant_are_answered_alike(
    page: Page,
) -> None:
    replaced = page.code
    page.code = page.desk.offer(page.tenant, timedelta(hours=1)).code
    codes = [
        replaced,
        token_format.generate(f"{page.tenant}."),
        token_format.generate("nobody."),
        "x",
        "é" * 9,
    ]

    answers = [act(code) for code in codes for act in (page.status, page.press)]

    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
    assert page.press().status_code == 200


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"json": {}}, 400),
        ({"json": []}, 400),
        ({"json": {"code": 1}}, 400),
        ({"json": {"code": "x" * 2000}}, 413),
        ({"content": "{"}, 400),
        ({"data": {"code": "x"}}, 415),
    ],
)
def test_a_body_that_holds_no_code_is_refused_without_a_call(
    options: dict[str, Any], status: int, page: Page
) -> None:
    clients = page.services.clients
    made: list[Request]
    with counted(clients.dynamodb, clients.secretsmanager) as made:
        answers = [page.send("POST", path, **options) for path in ("/status", "/token")]
        if status != 413:  # a trust takes more
            answers.append(page.send("POST", "/client", **options))

    assert {each.status_code for each in answers} == {status}
    assert made == []


ENTRA = "https://login.microsoftonline.com/ce5f061f-abe6-4e40-9615-301f87bcb7f0"
TRUST = {
    "issuer": f"{ENTRA}/v2.0",
    "jwks": f"{ENTRA}/discovery/v2.0/keys",
    "subject": "d2f8ee76-c549-45b8-a143-f5b640669704",
    "audience": "b5ba7a93-4452-4522-aeb4-a2b5da870c16",
}


def test_a_client_and_its_secret_are_shown_once_and_the_status_never_has_the_secret(
    page: Page,
) -> None:
    shown = page.press_client()
    told = page.status()
    again = [page.press_client(), page.press_client(trust=TRUST), page.press()]

    values = shown.json()
    assert values["tokenUrl"] == f"https://scim.test/scim/{page.tenant}/oauth2/token"
    assert token_format.is_well_formed(values["clientSecret"], "rollcall_secret_")
    assert told.json()["clientId"] == values["clientId"]
    assert (told.json()["way"], told.json()["trust"]) == ("client_secret", None)
    assert values["clientSecret"] not in told.text + "".join(each.text for each in again)
    assert {each.status_code for each in again} == {404}
    assert shown.headers["cache-control"] == "no-store"


def test_a_trust_is_normalised_explained_and_shown_again(page: Page) -> None:
    pasted = TRUST | {"audience": f" api://{TRUST['audience'].upper()}/.default\n"}

    shown = page.press_client(trust=pasted)

    values = shown.json()
    assert values["trust"] == TRUST
    assert values["notes"] == [
        f"The audience names an application, and is read as {TRUST['audience']}."
    ]
    assert values["warnings"] == []
    assert "clientSecret" not in values
    told = page.status().json()
    assert told["way"] == "federation"
    assert {name: told[name] for name in ("url", "tokenUrl", "clientId", "trust")} == {
        name: values[name] for name in ("url", "tokenUrl", "clientId", "trust")
    }


@pytest.mark.parametrize("field", ["issuer", "jwks", "subject", "audience"])
def test_a_mistake_is_named_by_its_field_before_anything_is_read(field: str, page: Page) -> None:
    clients = page.services.clients
    with counted(clients.dynamodb, clients.secretsmanager) as made:
        answer = page.press_client(trust=TRUST | {field: "mailto:x"})

    assert made == []
    assert answer.status_code == 400
    assert list(answer.json()["mistakes"]) == [field]
    assert "--" not in answer.text
    assert page.press_client(trust=TRUST).status_code == 200


def test_a_mistake_that_is_a_question_ends_as_one(page: Page) -> None:
    answer = page.press_client(trust=TRUST | {"subject": TRUST["issuer"]})

    assert answer.json()["detail"].endswith("are they swapped?")


@pytest.mark.parametrize("trust", ["x", {}, TRUST | {"issuer": None}, [TRUST]])
def test_a_trust_that_is_none_is_refused_without_a_call(trust: object, page: Page) -> None:
    clients = page.services.clients
    with counted(clients.dynamodb, clients.secretsmanager) as made:
        answer = page.press_client(trust=trust)

    assert (answer.status_code, made) == (400, [])


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", "/token"), ("GET", "/x")])
def test_other_methods_and_paths_are_not_there(method: str, path: str, page: Page) -> None:
    assert page.send(method, path).status_code == 404


def test_the_log_names_tenant_and_token_id_and_neither_code_nor_token(page: Page) -> None:
    page.send("GET")
    page.status()
    token = page.press().json()["token"]
    page.press()

    written = page.log.getvalue()
    lines = [json.loads(line) for line in written.splitlines()]
    (kept,) = [
        each for each in Tenants(page.services.secrets).show(page.tenant).tokens
        if each.label == "hand-over"
    ]  # fmt: skip
    assert [line["path"] for line in lines] == [
        "/handover", "/handover/status", "/handover/token", "/handover/token",
    ]  # fmt: skip
    assert lines[2]["token_id"] == kept.id
    assert page.code.partition(".")[2] not in written
    assert token.removeprefix("rollcall_") not in written
