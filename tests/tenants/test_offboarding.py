"""Leaving: what is kept of a tenant is handed over whole, and then gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollcall.cli.export_command import complete_file
from tests.command import rollcall
from tests.conftest import Server, Tenant


def filled(server: Server, tenant: Tenant, tmp_path: Path) -> list[str]:
    """Fill a tenant, and return the ids of its users."""
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"name": "all", "users": "all", "workAreas": {"x": "read"}}))
    rollcall(server.state, "templates", "set", tenant.name, str(template))
    rollcall(server.state, "handover", tenant.name)
    with tenant.client() as api:
        users = [
            api.post("/Users", json={"userName": f"u{number}"}).json()["id"] for number in range(5)
        ]
        members = [{"value": each} for each in users[:3]]
        api.post("/Groups", json={"displayName": "Staff", "members": members})
        api.delete(f"/Users/{users.pop()}")
        api.get('/Users?filter=userName eq "nobody"')
    return users


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_an_export_holds_everything_and_says_that_it_is_complete(
    server: Server, tenant: Tenant, tmp_path: Path
) -> None:
    users = filled(server, tenant, tmp_path)
    file = tmp_path / "acme.jsonl"

    answer = rollcall(server.state, "tenants", "export", tenant.name, str(file))

    assert answer.returncode == 0
    exported = lines(file)
    types = dict.fromkeys(each["type"] for each in exported)
    by_type = {name: [each for each in exported if each["type"] == name] for name in types}
    assert [each["resource"]["id"] for each in by_type["user"]] == users
    assert [each["resource"]["displayName"] for each in by_type["group"]] == ["Staff"]
    assert {each["member"] for each in by_type["membership"]} == set(users[:3])
    assert [each["template"]["name"] for each in by_type["template"]] == ["all"]
    assert [(each["method"], each["status"]) for each in by_type["log"]] == [
        ("templates", 200), ("handover", 200), *[("POST", 201)] * 6, ("DELETE", 204), ("GET", 200),
    ]  # fmt: skip
    assert exported[-1]["lines"] == {
        "tenant": 1, "token": 1, "handover": 1, "user": 4, "group": 1, "deleted": 1,
        "held": 1, "membership": 3, "template": 1, "templates": 1, "grant": 4, "log": 10,
    }  # fmt: skip
    assert file.stat().st_mode & 0o777 == 0o600
    assert tenant.token not in file.read_text()
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []


def break_off(file: Path) -> None:
    with complete_file(file) as written:
        written.write("half a li")
        raise KeyboardInterrupt


def test_an_export_that_breaks_off_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    file = tmp_path / "acme.jsonl"
    file.write_text("the one of yesterday")

    with pytest.raises(KeyboardInterrupt):
        break_off(file)

    assert [each.name for each in tmp_path.iterdir()] == [file.name]
    assert file.read_text() == "the one of yesterday"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["nobody", "x.jsonl"], "there is no tenant nobody"), (["first", "/nowhere/x"], "/nowhere/x")],
)
def test_what_cannot_be_exported_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, server: Server, tmp_path: Path
) -> None:
    words[1] = str(tmp_path / words[1])
    answer = rollcall(server.state, "tenants", "export", *words)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr
    assert list(tmp_path.iterdir()) == []


def test_of_a_deleted_tenant_nothing_is_left(
    server: Server, tenant: Tenant, tmp_path: Path
) -> None:
    filled(server, tenant, tmp_path)

    answer = rollcall(
        server.state, "tenants", "delete", tenant.name, "--yes", "--no-wait", "--reason", "a test"
    )

    assert answer.returncode == 0
    assert list(server.services.table.scan(f"{tenant.name}#")) == []
    assert rollcall(server.state, "tenants", "export", tenant.name, "-").returncode == 2


def test_a_deletion_that_broke_off_goes_on(server: Server, tenant: Tenant, tmp_path: Path) -> None:
    filled(server, tenant, tmp_path)
    server.services.tenants.disable(tenant.name)
    next(server.services.directory(tenant.name).clear())

    answer = rollcall(
        server.state, "tenants", "delete", tenant.name, "--yes", "--no-wait", "--reason", "a test"
    )

    assert answer.returncode == 0
    assert list(server.services.table.scan(f"{tenant.name}#LOG")) == []
