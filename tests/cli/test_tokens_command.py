"""`rollcall tokens`, as an operator types it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.scim.instant import instant
from rollcall.tenants.tenant_clients import TenantClients
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


def test_a_tenant_gets_a_rate_and_loses_it(server: Server, tenant: Tenant) -> None:
    assert said(server, "tenants", "rate", tenant.name)["rate"] == "default"
    assert said(server, "tenants", "rate", tenant.name, "100")["rate"] == 100
    shown = rollcall(server.state, "tenants", "show", tenant.name).stdout
    assert "100 requests a second" in shown
    assert said(server, "tenants", "show", tenant.name)["rate"] == 100
    assert said(server, "tenants", "rate", tenant.name, "default")["rate"] == "default"


@pytest.mark.parametrize(
    ("rate", "sentence"),
    [("24", "25 to 1000 requests a second"), ("many", "is no rate"), ("0", "is no rate")],
)
def test_a_rate_that_no_tenant_may_have_is_refused(
    server: Server, tenant: Tenant, rate: str, sentence: str
) -> None:
    wrong = rollcall(server.state, "tenants", "rate", tenant.name, rate)

    assert wrong.returncode != 0
    assert sentence in " ".join(wrong.stderr.split())


def test_a_token_is_revoked_after_a_question(server: Server, tenant: Tenant) -> None:
    new = said(server, "tokens", "issue", tenant.name)

    asked = rollcall(server.state, "tokens", "revoke", tenant.name, new["id"])
    assert asked.returncode != 0
    revoked = rollcall(
        server.state, "tokens", "revoke", tenant.name, new["id"], "--yes", "--reason", "a test"
    )

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


def connected(server: Server, tenant: Tenant, used_on: str = "") -> str:
    """Give a tenant an OAuth client, used by now, and its token a last use; return the client."""
    usage = server.services.token_usage(tenant.name)
    client = TenantClients(server.services.tenants, tenant.name).create("entra").client
    usage.write(client.id, instant(datetime.now(UTC)), 32_472_144_000)
    (token,) = server.services.tenants.show(tenant.name).tokens
    if used_on:
        usage.write(token.id, f"{used_on}T00:00:00.000Z", 32_472_144_000)
    return client.id


def day(ago: int) -> str:
    return str((datetime.now(UTC) - timedelta(days=ago)).date())


@pytest.mark.parametrize("ago", [0, 1])
def test_tokens_in_use_are_not_retired_unless_forced(
    ago: int, server: Server, tenant: Tenant
) -> None:
    connected(server, tenant, day(ago))
    (token,) = said(server, "tokens", "list", tenant.name)

    refused = rollcall(server.state, "tokens", "retire", tenant.name)

    assert refused.returncode == 2
    assert f"the token {token['id']} (first) was used on {day(ago)}" in refused.stderr
    assert len(said(server, "tokens", "list", tenant.name)) == 1
    forced = rollcall(
        server.state, "tokens", "retire", tenant.name, "--force", "--reason", "a test"
    )
    assert forced.returncode == 0
    assert said(server, "tokens", "list", tenant.name) == []


def test_tokens_are_not_retired_while_nothing_else_has_worked(
    server: Server, tenant: Tenant
) -> None:
    TenantClients(server.services.tenants, tenant.name).create("entra")

    refused = rollcall(server.state, "tokens", "retire", tenant.name)

    assert refused.returncode == 2
    assert f"no OAuth client of {tenant.name} was ever used: nothing else" in refused.stderr


def test_tokens_that_nobody_uses_any_more_are_retired_in_one_act(
    server: Server, tenant: Tenant
) -> None:
    client = connected(server, tenant, day(2))
    said(server, "tokens", "issue", tenant.name, "--label", "spare")

    planned = rollcall(server.state, "tokens", "retire", tenant.name, "--dry-run")
    assert "(spare), never used, would be revoked" in planned.stdout
    assert len(said(server, "tokens", "list", tenant.name)) == 2

    retired = rollcall(server.state, "tokens", "retire", tenant.name)
    assert retired.returncode == 0
    assert f"(first), last used on {day(2)}, is revoked." in retired.stdout
    assert f"The client {client} (entra), last used on {day(0)}, goes on working." in retired.stdout
    assert said(server, "tokens", "list", tenant.name) == []

    again = rollcall(server.state, "tokens", "retire", tenant.name)
    assert (again.returncode, "nothing to retire" in again.stdout) == (0, True)
