"""Tokens and codes are in nothing that a scenario leaves: logs, errors, items, URLs, output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from rollcall.tenants import tokens
from tests.conftest import Server
from tests.test_cli import rollcall


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
    http = httpx.Client(timeout=30)
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
    wrong = tokens.generate()
    heard.answer(http.get(f"{url}/Users", headers={"Authorization": f"Bearer {wrong}"}))
    people("tenants", "show", name)
    people("tenants", "list")
    people("tokens", "list", name)
    people("log", name)
    people("tokens", "revoke", name, reader["id"], "--yes")
    people("tokens", "revoke", name, reader["id"], "--yes")
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
    secrets = [first, second, third, reader["token"], wrong, f"x{code.partition('.')[2]}"]
    assert len(set(secrets)) == 6
    for secret in secrets:
        body = secret.removeprefix("rollcall_").removeprefix("x")[:40]
        assert not [each[:200] for each in left if body in each]
    assert not [each[:200] for each in left if "hunter2" in each]
    assert server.services.tenants.show(name).key not in "".join(left[:-1])
