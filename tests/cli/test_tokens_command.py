"""`rollcall tokens`, as an operator types it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.command import rollcall, users
from tests.conftest import Server, Tenant


def said(server: Server, *words: str) -> Any:
    answer = rollcall(server.state, *words, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_an_issued_token_works_and_is_shown_once(server: Server, tenant: Tenant) -> None:
    issued = said(server, "tokens", "issue", tenant.name, "--label", "reader", "--days", "30")
    listed = said(server, "tokens", "list", tenant.name)

    assert issued["url"] == tenant.url
    assert users(issued) == 200
    assert [each["label"] for each in listed] == ["first", "reader"]
    assert issued["token"] not in json.dumps(listed)
    assert "digest" not in json.dumps(listed)


def test_a_rotated_token_and_the_old_one_work_side_by_side(server: Server, tenant: Tenant) -> None:
    assert users({"url": tenant.url, "token": tenant.token}) == 200
    new = said(server, "tokens", "rotate", tenant.name, "--overlap", "1h")

    assert new["replaced"]["successor"] == new["id"]
    assert users(new) == users({"url": tenant.url, "token": tenant.token}) == 200
    old, _ = said(server, "tokens", "list", tenant.name)
    assert old["lastUsed"] == old["firstUsed"][:10]
    for_people = rollcall(server.state, "tokens", "list", tenant.name).stdout
    assert f"replaced by {new['id']}" in for_people


def test_a_rotation_tells_people_how_long_the_old_token_works(
    server: Server, tenant: Tenant
) -> None:
    soon = rollcall(server.state, "tokens", "rotate", tenant.name, "--overlap", "7d").stdout
    leaked = rollcall(server.state, "tokens", "rotate", tenant.name, "--overlap", "0").stdout

    assert "works for 7 days, until" in soon
    assert "is revoked: within a minute it is refused" in leaked
    assert "It is not kept and cannot be shown again." in leaked


def test_the_policy_says_what_a_put_without_members_does(server: Server, tenant: Tenant) -> None:
    assert said(server, "tenants", "policy", tenant.name)["absentMembers"] == "keep"
    done = rollcall(server.state, "tenants", "policy", tenant.name, "--absent-members", "clear")
    assert "A PUT of a group without members removes them all." in done.stdout
    assert said(server, "tenants", "policy", tenant.name, "strict") == {
        "tenant": tenant.name,
        "policy": "strict",
        "domains": [],
        "absentMembers": "clear",
    }
    logged = rollcall(server.state, "log", tenant.name).stdout
    assert "absent members: clear" in logged

    wrong = rollcall(server.state, "tenants", "policy", tenant.name, "--absent-members", "drop")
    assert wrong.returncode == 2
    assert "keep" in wrong.stderr


def test_a_token_is_revoked_after_a_question(server: Server, tenant: Tenant) -> None:
    new = said(server, "tokens", "issue", tenant.name)

    asked = rollcall(server.state, "tokens", "revoke", tenant.name, new["id"])
    assert asked.returncode != 0
    revoked = rollcall(server.state, "tokens", "revoke", tenant.name, new["id"], "--yes")

    assert "is revoked: within a minute it is refused everywhere." in revoked.stdout
    assert [each["label"] for each in said(server, "tokens", "list", tenant.name)] == ["first"]


def test_a_hand_over_names_the_tokens_that_go_on_working(server: Server, tenant: Tenant) -> None:
    first, _ = said(server, "tokens", "list", tenant.name), users(vars(tenant))

    linked = said(server, "handover", tenant.name)
    for_people = rollcall(server.state, "handover", tenant.name).stdout

    assert (linked["kept"], linked["revoked"]) == ([first[0]["id"]], [])
    assert f"The token {first[0]['id']} (first), last used on 20" in for_people
    assert f"rollcall tokens revoke {tenant.name} {first[0]['id']}" in for_people
    assert users(vars(tenant)) == 200


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rotate", "nobody"], "there is no tenant nobody"),
        (["issue", "nobody"], "there is no tenant nobody"),
        (["list", "nobody"], "there is no tenant nobody"),
        (["revoke", "first", "x", "--yes"], "first has no live token x"),
        (["rotate", "first", "x"], "first has no live token x"),
        (["rotate", "first", "--overlap", "soon"], "'soon' is no duration: write 30m, 24h"),
        (["rotate", "first", "--overlap", "100d"], "an overlap is between 0 and 90 days"),
        (["issue", "first", "--days", "0"], "a token lives between 1 and 3650 days"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, server: Server
) -> None:
    answer = rollcall(server.state, "tokens", *words)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr
