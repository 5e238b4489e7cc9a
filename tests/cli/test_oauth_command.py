"""`rollcall oauth`, as an operator types it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.command import rollcall
from tests.conftest import Server, Tenant


def said(server: Server, *words: str) -> Any:
    answer = rollcall(server.state, "oauth", *words, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def sign_in(client: dict[str, str]) -> httpx.Response:
    """Ask the token endpoint for a token, as the JSON of `create` and `rotate` says."""
    form = {name: client[name] for name in ("client_id", "client_secret")}
    return httpx.post(client["token_url"], data={"grant_type": "client_credentials", **form})


def users(client: dict[str, str]) -> int:
    """Sign in, and return the status of a search."""
    token = sign_in(client).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{client['scim_url']}/Users", headers=headers).status_code


def test_a_client_works_and_its_secret_is_shown_once(server: Server, tenant: Tenant) -> None:
    created = said(server, "create", tenant.name, "--label", "Entra ID", "--days", "730")
    (listed,) = said(server, "list", tenant.name)

    assert created["scim_url"] == tenant.url
    assert created["token_url"] == tenant.url.replace("/v2", "/oauth2/token")
    assert users(created) == 200
    assert (listed["client_id"], listed["label"]) == (created["client_id"], "Entra ID")
    assert (listed["way"], listed["scope"]) == ("client_secret", "read-write")
    assert [each["expires"] for each in listed["secrets"]] == [created["expires"]]
    assert created["client_secret"] not in json.dumps(listed)
    assert "digest" not in json.dumps(listed)


def test_a_client_says_how_long_its_tokens_are_valid_and_what_they_permit(
    server: Server, tenant: Tenant
) -> None:
    words = ("--token-hours", "6", "--scope", "read-only")
    answer = sign_in(said(server, "create", tenant.name, *words)).json()

    assert (answer["expires_in"], answer["scope"]) == (21_600, "scim:read")


def test_a_rotated_secret_and_the_old_one_work_side_by_side(server: Server, tenant: Tenant) -> None:
    old = said(server, "create", tenant.name)
    new = said(server, "rotate", tenant.name, "--overlap", "1h")

    assert new["client_id"] == old["client_id"]
    assert new["replaced"]["secret"] == old["secret"]
    assert users(old) == users(new) == 200
    third = rollcall(server.state, "oauth", "rotate", tenant.name)
    assert third.returncode == 2
    assert f"{old['client_id']} has 2 live secrets" in third.stderr
    (listed,) = said(server, "list", tenant.name)
    assert [each["id"] for each in listed["secrets"]] == [old["secret"], new["secret"]]
    assert all(each["lastUsed"] for each in listed["secrets"])
    for_people = rollcall(server.state, "oauth", "list", tenant.name).stdout
    assert all(each in for_people for each in (old["client_id"], old["secret"], new["secret"]))


def test_one_of_two_secrets_is_revoked(server: Server, tenant: Tenant) -> None:
    old = said(server, "create", tenant.name)
    new = said(server, "rotate", tenant.name)
    words = (
        "oauth",
        "revoke",
        tenant.name,
        old["client_id"],
        "--secret",
        old["secret"],
        "--yes",
        "--reason",
        "a test",
    )
    answer = rollcall(server.state, *words)

    assert f"the secret {old['secret']} of {old['client_id']}" in answer.stdout
    (listed,) = said(server, "list", tenant.name)
    assert [each["id"] for each in listed["secrets"]] == [new["secret"]]
    words = (
        "oauth",
        "revoke",
        tenant.name,
        old["client_id"],
        "--secret",
        new["secret"],
        "--yes",
        "--reason",
        "a test",
    )
    assert "the only live secret" in rollcall(server.state, *words).stderr


def test_a_client_is_revoked_after_a_question(server: Server, tenant: Tenant) -> None:
    created = said(server, "create", tenant.name)
    asked = rollcall(server.state, "oauth", "revoke", tenant.name, created["client_id"])
    assert asked.returncode != 0
    assert len(said(server, "list", tenant.name)) == 1

    done = rollcall(
        server.state,
        "oauth",
        "revoke",
        tenant.name,
        created["client_id"],
        "--yes",
        "--reason",
        "a test",
    )
    assert "is revoked: within a minute it is refused everywhere." in done.stdout
    assert said(server, "list", tenant.name) == []
    for_people = rollcall(server.state, "oauth", "list", tenant.name).stdout
    assert f"rollcall oauth create {tenant.name}" in for_people


def test_people_are_told_how_long_the_old_secret_works(server: Server, tenant: Tenant) -> None:
    created = rollcall(server.state, "oauth", "create", tenant.name).stdout
    soon = rollcall(server.state, "oauth", "rotate", tenant.name, "--overlap", "7d").stdout
    leaked = rollcall(server.state, "oauth", "rotate", tenant.name, "--overlap", "0").stdout

    assert "It is not kept and cannot be shown again." in created
    assert "works for 7 days, until" in soon
    assert "and its access tokens are refused within a minute" in leaked


def test_a_token_outlives_a_rotation_of_the_signing_key(server: Server, tenant: Tenant) -> None:
    created = said(server, "create", tenant.name)
    token = sign_in(created).json()["access_token"]
    first = rollcall(server.state, "oauth", "rotate-signing-key", "--force")
    second = rollcall(server.state, "oauth", "rotate-signing-key")

    assert "signs access tokens in a minute" in first.stdout
    assert second.returncode == 2
    assert "or with --force" in second.stderr
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{created['scim_url']}/Users", headers=headers).status_code == 200
    assert users(created) == 200


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create", "nobody"], "there is no tenant nobody"),
        (["list", "nobody"], "there is no tenant nobody"),
        (["rotate", "nobody"], "there is no tenant nobody"),
        (["revoke", "first", "x", "--yes"], "first has no client x"),
        (["rotate", "first", "x"], "first has no client x"),
        (["rotate", "first", "--overlap", "100d"], "an overlap is between 0 and 90 days"),
        (["create", "first", "--days", "30"], "one to three years, 365 to 1095 days"),
        (["create", "first", "--token-hours", "7"], "valid for one to six hours"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, server: Server
) -> None:
    answer = rollcall(server.state, "oauth", *words)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr
