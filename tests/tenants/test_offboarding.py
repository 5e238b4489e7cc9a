"""Leaving: what is kept of a tenant is handed over whole, and then gone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import Server, Tenant
from tests.test_cli import rollcall


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
    by_type = {
        name: [each for each in exported if each["type"] == name]
        for name in ("tenant", "user", "group", "membership", "template", "log", "end")
    }
    assert [each["resource"]["id"] for each in by_type["user"]] == users
    assert [each["resource"]["displayName"] for each in by_type["group"]] == ["Staff"]
    assert {each["member"] for each in by_type["membership"]} == set(users[:3])
    assert [each["template"]["name"] for each in by_type["template"]] == ["all"]
    assert [each["status"] for each in by_type["log"]] == [201] * 6 + [204, 200]
    assert exported[-1]["lines"] == {
        "tenant": 1, "user": 4, "group": 1, "membership": 3, "template": 1, "log": 8,
    }  # fmt: skip
    assert sum(map(len, by_type.values())) == len(exported)
    assert file.stat().st_mode & 0o777 == 0o600
    assert tenant.token not in file.read_text()
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".part"] == []


def test_of_a_deleted_tenant_nothing_is_left(
    server: Server, tenant: Tenant, tmp_path: Path
) -> None:
    filled(server, tenant, tmp_path)

    answer = rollcall(server.state, "tenants", "delete", tenant.name, "--yes", "--no-wait")

    assert answer.returncode == 0
    assert list(server.services.table.scan(f"{tenant.name}#")) == []
    assert rollcall(server.state, "tenants", "export", tenant.name, "-").returncode == 2


def test_a_deletion_that_broke_off_goes_on(server: Server, tenant: Tenant, tmp_path: Path) -> None:
    filled(server, tenant, tmp_path)
    server.services.tenants.disable(tenant.name)
    next(server.services.directory(tenant.name).clear())

    answer = rollcall(server.state, "tenants", "delete", tenant.name, "--yes", "--no-wait")

    assert answer.returncode == 0
    assert list(server.services.table.scan(f"{tenant.name}#LOG")) == []
