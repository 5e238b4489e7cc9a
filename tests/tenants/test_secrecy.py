"""Tokens and codes are in nothing that a scenario leaves: logs, errors, items, URLs, output.

The second test looks at every function, and at every call that any of them makes to AWS.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from rollcall.http.routes import EVERYTHING
from rollcall.operations import tenant_export
from rollcall.operations.operator import Operator
from rollcall.runtime import (
    changes_function,
    duplicates_function,
    expiry_function,
    pages_function,
    token_function,
)
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.tenants import token_format
from rollcall.tenants.oauth_clients import PREFIX
from rollcall.tenants.tenant_clients import IssuedSecret
from rollcall.tenants.tenants import Tenants
from tests.changes.streamed import batches, streamed
from tests.command import rollcall
from tests.conftest import Server
from tests.runtime.test_duplicates_function import batch
from tests.storage.faults import counted
from tests.tenants.everything import MONDAY, fill


class Heard:
    """Everything that was said to anybody but who a secret is for."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def answer(self, response: httpx.Response) -> httpx.Response:
        self.said += [str(response.request.url), str(response.headers), response.text]
        return response


def test_no_token_and_no_code_is_left_anywhere(server: Server, tmp_path: Path) -> None:
    heard, name = Heard(), "secrecy"

    def command(*words: str) -> Any:
        answer = rollcall(server.state, *words, "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def people(*words: str) -> None:
        answer = rollcall(server.state, *words)
        heard.said += [answer.stdout, answer.stderr]

    first = command("tenants", "create", name)["token"]
    link = command("handover", name)["link"]
    page, _, code = link.partition("#")
    http = httpx.Client(timeout=30, verify=False)
    heard.answer(http.get(page))
    heard.answer(http.post(f"{page}/status", json={"code": code}))
    second = http.post(f"{page}/token", json={"code": code}).json()["token"]
    rotated = command("tokens", "rotate", name, command("tokens", "list", name)[0]["id"])
    third, reader = rotated["token"], command("tokens", "issue", name, "--scope", "read-only")
    for path in ("status", "token"):
        heard.answer(http.post(f"{page}/{path}", json={"code": code}))
        heard.answer(http.post(f"{page}/{path}", json={"code": code[:-1]}))
        heard.answer(http.post(f"{page}/{path}", content=code))
    url = rotated["url"]
    for token in (first, second, third, reader["token"]):
        headers = {"Authorization": f"Bearer {token}"}
        user = {"userName": f"{len(heard.said)}@example.com", "password": "hunter2-hunter2"}
        heard.answer(http.post(f"{url}/Users", headers=headers, json=user))
        heard.answer(http.get(f"{url}/Users", headers=headers))
        heard.answer(http.get(f'{url}/Users?filter=userName eq "nobody"', headers=headers))
        heard.answer(http.get(f"{url}/nowhere", headers=headers))
        heard.answer(http.post(f"{url}/Users", headers=headers, content="{"))
        heard.answer(http.get(url.replace(name, "first") + "/Users", headers=headers))
    wrong = token_format.generate()
    heard.answer(http.get(f"{url}/Users", headers={"Authorization": f"Bearer {wrong}"}))
    client = command("oauth", "create", name)
    form = {
        "grant_type": "client_credentials",
        **{field: client[field] for field in ("client_id", "client_secret")},
    }
    access = http.post(client["token_url"], data=form).json()["access_token"]
    for changed in (
        {"client_id": client["client_secret"]},
        {"scope": client["client_secret"]},
        {"client_assertion": client["client_secret"]},
    ):
        heard.answer(http.post(client["token_url"], data={**form, **changed}))
    heard.answer(http.post(client["token_url"].replace(name, "first"), data=form))
    for place in (access, client["client_secret"]):
        headers = {"Authorization": f"Bearer {place}"}
        heard.answer(http.get(f"{url}/Users", headers=headers))
        heard.answer(http.get(url.replace(name, "first") + "/Users", headers=headers))
        http.get(url.replace(name, place) + "/Users", headers=headers)
        http.post(client["token_url"].replace(name, place), data=form)
    people("oauth", "list", name)
    people("tenants", "show", name)
    people("tenants", "list")
    people("tokens", "list", name)
    people("log", name)
    people("tokens", "revoke", name, reader["id"], "--yes", "--reason", "a test")
    people("tokens", "revoke", name, reader["id"], "--yes", "--reason", "a test")
    export = tmp_path / "export.jsonl"
    people("tenants", "export", name, str(export))
    http.close()

    items = server.services.clients.dynamodb.get_paginator("scan").paginate(
        TableName=server.services.table.name
    )
    left = [
        *heard.said,
        server.log.read_text(),
        export.read_text(),
        json.dumps([page["Items"] for page in items], default=str),
        json.dumps(server.services.secrets.read(name)),
    ]
    secrets = [first, second, third, reader["token"], wrong, client["client_secret"], code]
    bodies = {access[-43:], *(secret[-46:-6] for secret in secrets)}
    assert len(bodies) == 8
    for body in bodies:
        assert not [each[:200] for each in left if body in each]
    assert not [each[:200] for each in left if "hunter2" in each]
    assert server.services.tenants.show(name).key not in "".join(left[:-1])


def test_the_key_of_a_tenant_is_no_part_of_what_is_printed(tenants: Tenants) -> None:
    tenants.create("acme")
    tenant = tenants.show("acme")

    assert tenant.key not in repr(tenant)


class Context:
    """A function's time, of which there is plenty."""

    def get_remaining_time_in_millis(self) -> int:
        return 800_000


def talking(having: Services, tokens_: tuple[str, ...], codes: tuple[str, ...]) -> list[str]:
    """Ask for all sorts of things, right and wrong, over HTTP; return URLs and answers."""
    pages = pages_function.routes(having)
    app = application(having, EVERYTHING, logger(), pages)
    heard: list[str] = []
    http: Any = TestClient(app, "https://scim.test", raise_server_exceptions=False)
    for token in tokens_:
        headers = {"Authorization": f"Bearer {token}"}
        for method, path, body in (
            ("GET", "/Users", None),
            ("GET", '/Users?filter=userName eq "nobody"&cursor', None),
            ("GET", f"/{token}", None),
            ("POST", "/Users", {"userName": "late", "password": "hunter2-hunter2"}),
            ("POST", "/Users", {"userName": "late", "password": "hunter2-hunter2"}),
            ("POST", "/Bulk", {"Operations": [{"method": "POST", "path": "/nowhere"}]}),
            ("PATCH", "/Users/1", {"Operations": [{"op": "add", "path": "x", "value": "y"}]}),
        ):
            answer = http.request(method, f"/scim/acme/v2{path}", headers=headers, json=body)
            # Who puts a token into a path is answered with it.
            heard += [str(answer.headers), "" if token in path else answer.text]
    for code in codes:
        for path in ("status", "token"):
            answer = http.post(f"/handover/{path}", json={"code": code[:-1]})
            heard += [str(answer.request.url), str(answer.headers), answer.text]
    return heard


def signing_in(having: Services, secret: IssuedSecret, wrong: str) -> tuple[list[str], list[str]]:
    """Ask the token endpoint, right and wrong; return the tokens, and what is said beside them."""
    app = application(having, EVERYTHING, logger(), token_function.routes(having))
    http: Any = TestClient(app, "https://scim.test", raise_server_exceptions=False)
    tokens, heard = list[str](), list[str]()
    form = {"grant_type": "client_credentials", "client_id": secret.client.id}
    for more in (
        {"client_secret": secret.plain},
        {"client_secret": wrong},
        {"client_secret": secret.plain, "scope": "another"},
        {"client_secret": secret.plain, "client_assertion": secret.plain},
        {"client_id": secret.plain, "client_secret": secret.plain},
    ):
        answer = http.post("/scim/acme/oauth2/token", data={**form, **more})
        content = answer.json()
        tokens += [content.pop("access_token")] if answer.is_success else []
        heard += [str(answer.headers), str(content)]
    for token in (*tokens, tokens[0][:-1] + "_"):
        answer = http.get("/scim/acme/v2/Users", headers={"Authorization": f"Bearer {token}"})
        heard += [str(answer.headers), answer.text]
    return tokens, heard


def test_no_function_and_no_call_to_aws_says_a_secret(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    of = streamed(server.services)
    having, log = of.services, logger()
    stream = io.StringIO()
    log.registered_handler.setStream(stream)  # type: ignore[attr-defined]  # one per process
    bus = having.bus()
    channels = having.channels
    clients = (
        having.clients.dynamodb, having.clients.secretsmanager, bus.client,
        channels.s3, channels.sns, channels.sqs,
    )  # fmt: skip
    wrong = token_format.generate()
    with counted(*clients) as made:
        filled = fill(having, "acme")
        short = having.tokens("acme").issue("ends soon", days=1).plain
        every = (*filled.tokens, short)
        heard = talking(having, (*every, wrong), filled.codes)
        client, another = having.oauth_clients("acme").create("x"), token_format.generate(PREFIX)
        access, beside = signing_in(having, client, another)
        heard += beside
        failures = [
            changes_function.publish(each, bus, having.settings.url, log)
            for each in batches(of.records())
        ]
        assert duplicates_function.fan_out(having, MONDAY) == 1
        told = {"tenant": "acme", "run": "2026-11-24T02:00:00Z"}
        duplicates_function.work(having, log, batch(told), Context())  # type: ignore[arg-type]
        tokens = expiry_function.find_expiring(having, having.tenants.clock())
        assert expiry_function.notify(having, tokens) == 1
        list(having.sweep().run())
        exported = json.dumps(list(tenant_export.lines(Operator(having, ""), "acme")))

    assert all(each == {"batchItemFailures": []} for each in failures)
    operations = {each.operation for each in made}
    assert operations >= {
        "PutItem", "TransactWriteItems", "PutSecretValue", "PutEvents", "Publish", "PutObject",
        "SendMessageBatch",
    }  # fmt: skip
    out, err = capfd.readouterr()
    logged = stream.getvalue()
    assert logged.count('"message":"request"') >= 25
    calls = [f"{each.operation} {each.body}" for each in made]
    left = [*calls, *heard, logged, out, err, exported]
    codes = [code.partition(".")[2] for code in filled.codes]
    macs = [token.rpartition(".")[2] for token in access]
    for secret in (*every, wrong, *codes, client.plain, another, *macs):
        body = secret.removeprefix(PREFIX).removeprefix(token_format.PREFIX)[:40]
        assert not [each[:200] for each in left if body in each]
    assert not [each for each in left if "hunter2" in each]
    signing_key = having.signing_keys.current().key.decode()
    assert not [each[:200] for each in left if signing_key in each]
    key = having.tenants.show("acme").key
    assert {each.operation for each in made if key in str(each.body)} == {
        "CreateSecret", "PutSecretValue",
    }  # fmt: skip
    assert not [each for each in [*heard, logged, out, err, exported] if key in each]
