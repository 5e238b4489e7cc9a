"""Templates that last as long as a membership, as an operator meets them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command import program, rollcall
from tests.conftest import Server, Tenant

FOREVER = """
name: engineering
group: {displayName: Engineering}
workAreas: {code: manage}
"""


def test_who_loses_access_is_shown_before_a_template_follows_memberships(
    server: Server, tenant: Tenant, tmp_path: Path
) -> None:
    path, names = tmp_path / "t.yaml", tmp_path / "names"
    path.write_text(FOREVER)
    setting = ["templates", "set", tenant.name, str(path)]
    rollcall(server.state, *setting)
    with tenant.client() as api:
        ada, bob = (
            api.post("/Users", json={"userName": name}).json()["id"] for name in ("ada", "bob")
        )
        members = [{"value": ada}, {"value": bob}]
        body = {"displayName": "Engineering", "members": members}
        group = api.post("/Groups", json=body).json()["id"]
        leave = {"op": "remove", "path": f'members[value eq "{bob}"]'}
        api.patch(f"/Groups/{group}", json={"Operations": [leave]})
    path.write_text(FOREVER + "lasts: membership\n")

    shown = rollcall(server.state, *setting, "--dry-run").stdout
    assert "1 who got it from the group keep it as long as they are members" in shown
    assert "1 are not members any more and lose it:\n  bob\n" in shown.replace(
        "lose\nit", "lose it"
    )
    assert "version 2, for all members" in shown
    asked = program(server.state, *setting, typed="n\n")
    assert asked.returncode == 1
    assert "although 1 lose access?" in asked.stdout
    told = json.loads(rollcall(server.state, *setting, "--yes", "--json").stdout)
    assert (told[0]["keeping"], told[0]["losing"]) == (["ada"], ["bob"])

    access = ["access", "show", tenant.name]
    assert "the membership of Engineering ends" in " ".join(
        rollcall(server.state, *access, "ada").stdout.split()
    )
    assert json.loads(rollcall(server.state, *access, "bob", "--json").stdout)["workAreas"] == {}
    (grant,) = json.loads(rollcall(server.state, *access, "ada", "--json").stdout)["grants"]
    assert (grant["lasts"], grant["version"]) == ("membership", 2)

    templates = ["templates", "preview", tenant.name, "ada", "--json"]
    (preview,) = json.loads(rollcall(server.state, *templates).stdout)["templates"]
    assert preview["standing"] == "version 2, until the membership ends"
    names.write_text("ada\nbob\n")
    applied = ["templates", "apply", tenant.name, "--users", str(names), "--dry-run", "--json"]
    users = json.loads(rollcall(server.state, *applied).stdout)["users"]
    assert [(each["templates"], each["following"]) for each in users] == [
        ({}, {"engineering": 2}),
        ({}, {}),
    ]
    source = rollcall(server.state, "templates", "show", tenant.name, "engineering").stdout
    assert "lasts: membership" in source
    assert "# members of" in source

    removed = rollcall(
        server.state,
        "templates",
        "remove",
        tenant.name,
        "engineering",
        "--yes",
        "--reason",
        "a test",
    )
    assert "1 members lost what it gave them" in removed.stdout
