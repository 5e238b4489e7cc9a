"""`rollcall access` and what `rollcall templates` says of users, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.test_templates_command import path
from tests.command import program, rollcall
from tests.conftest import Server, Tenant


@pytest.fixture
def ada(server: Server, tenant: Tenant, path: Path, api: httpx.Client) -> str:
    """A user who came after two templates were set, and is in the group of one of them."""
    rollcall(server.state, "templates", "set", tenant.name, str(path))
    made = api.post("/Users", json={"userName": "ada@acme.test"}).json()
    members = [{"value": made["id"]}]
    api.post("/Groups", json={"displayName": "Engineering", "members": members})
    return str(made["id"])


def explained(server: Server, tenant: Tenant, user: str) -> dict[str, Any]:
    printed = rollcall(server.state, "access", tenant.name, user, "--json").stdout
    found: dict[str, Any] = json.loads(printed)
    return found


def test_what_a_user_may_do_is_explained(server: Server, tenant: Tenant, ada: str) -> None:
    people = rollcall(server.state, "access", tenant.name, "ADA@acme.test").stdout
    assert people.startswith(
        "ada@acme.test has access to code manage, induction edit, as occasional."
    )
    assert "engineering" in people

    found = explained(server, tenant, ada)
    assert (found["id"], found["workAreas"]) == (ada, {"code": "manage", "induction": "edit"})
    assert [each["template"] for each in found["grants"]] == ["everybody", "engineering"]
    assert all(each["actor"].startswith("token:") for each in found["grants"])


def test_access_is_granted_and_revoked_by_hand(server: Server, tenant: Tenant, ada: str) -> None:
    done = rollcall(
        server.state, "access", "grant", tenant.name, ada, "risk register=edit", "--role", "regular"
    )
    assert "risk register edit, as regular." in done.stdout

    words = ["access", "revoke", tenant.name, ada, "code", "risk register", "--json"]
    assert json.loads(rollcall(server.state, *words).stdout)["workAreas"] == {"induction": "edit"}
    assert "(code revoked" in rollcall(server.state, "access", tenant.name, ada).stdout


def test_a_preview_says_what_a_new_user_would_get_and_why(
    server: Server, tenant: Tenant, ada: str
) -> None:
    words = ["templates", "preview", tenant.name]

    new = json.loads(rollcall(server.state, *words, "--json").stdout)
    assert new["workAreas"] == {"induction": "read"}
    member = json.loads(rollcall(server.state, *words, "--group", "engineering", "--json").stdout)
    assert member["workAreas"] == {"induction": "edit", "code": "manage"}
    of_ada = json.loads(rollcall(server.state, *words, "ada@acme.test", "--json").stdout)
    assert [each["has"] for each in of_ada["templates"]] == [1, 1]
    people = rollcall(server.state, *words, "--group", "engineering").stdout
    assert "is a member of the group Engineering" in people
    assert people.endswith("Together: code manage, induction edit, occasional.\n")


def test_a_preview_knows_the_groups_that_templates_wait_for(
    server: Server, tenant: Tenant, path: Path
) -> None:
    rollcall(server.state, "templates", "set", tenant.name, str(path))
    words = ["templates", "preview", tenant.name, "--group", "engineering"]

    said = json.loads(rollcall(server.state, *words, "--json").stdout)
    assert said["workAreas"] == {"induction": "edit", "code": "manage"}
    assert {each["because"] for each in said["templates"]} == {
        "applies to all new users",
        "is for the group Engineering, which has not arrived yet",
    }


def test_every_mistake_of_a_grant_is_a_sentence(server: Server, tenant: Tenant, ada: str) -> None:
    words = ["access", "grant", tenant.name, ada, "x=all", f"{'y' * 101}=read", "--role", "boss"]
    done = rollcall(server.state, *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert [line.removeprefix("error: ")[:20] for line in done.stderr.splitlines()] == [
        'work area x: level "',
        "the name of a work a",
        'role "boss" is none ',
    ]


def test_templates_are_applied_afterwards_to_those_whom_a_file_names(
    server: Server, tenant: Tenant, path: Path, api: httpx.Client, tmp_path: Path
) -> None:
    for name in ("early", "bird"):
        api.post("/Users", json={"userName": name})
    rollcall(server.state, "templates", "set", tenant.name, str(path))
    people = tmp_path / "people"
    people.write_text('early\nnobody\n\n "bird" \nearly\n', "utf-16")
    words = ["templates", "apply", tenant.name, "--users", str(people)]

    dry = rollcall(server.state, *words, "--dry-run")
    assert dry.returncode == 1
    assert "everybody version 1" in dry.stdout
    assert "Nothing is given" in dry.stdout
    assert dry.stderr.strip() == "error: there is no user nobody"
    assert explained(server, tenant, "early")["workAreas"] == {}

    done = json.loads(rollcall(server.state, *words, "--json").stdout)
    assert [(each["user"], each["templates"]) for each in done["users"]] == [
        ("early", {"everybody": 1}),
        ("bird", {"everybody": 1}),
    ]
    assert done["missing"] == ["nobody"]
    assert explained(server, tenant, "bird")["workAreas"] == {"induction": "read"}
    again = program(server.state, "templates", "apply", tenant.name, "--users", "-", typed="bird")
    assert "nothing, it has all of it" in again.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["access", "{tenant}", "nobody"], "there is no user nobody"),
        (["access", "grant", "{tenant}", "ada@acme.test"], "say what to grant"),
        (["access", "grant", "{tenant}", "ada@acme.test", "x"], "x is no AREA=LEVEL"),
        (["access", "grant", "{tenant}", "ada@acme.test", "x=all"], 'x: level "all" is none of'),
        (["access", "grant", "{tenant}", "ada@acme.test", "--role", "x"], 'role "x" is none of'),
        (["access", "revoke", "{tenant}", "ada@acme.test"], "say what to revoke"),
        (["access", "revoke", "{tenant}", "ada@acme.test", "x"], "the user has no access to x"),
        (
            ["templates", "preview", "{tenant}", "--group", "x"],
            "there is no group x, and no template",
        ),
        (["templates", "apply", "{tenant}", "--users", "/dev/null"], "names nobody"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(
    words: list[str], sentence: str, server: Server, tenant: Tenant, ada: str
) -> None:
    before = explained(server, tenant, ada)
    done = rollcall(server.state, *(each.format(tenant=tenant.name) for each in words))

    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert explained(server, tenant, ada) == before


__all__ = ["path"]
