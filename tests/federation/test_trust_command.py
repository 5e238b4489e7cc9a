"""`rollcall oauth trust`, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx

from rollcall.tenants.client_grant import ASSERTION_TYPE
from tests.command import program, rollcall
from tests.conftest import Server, Tenant
from tests.federation import issuer as issuers
from tests.federation.issuer import APPLICATION, OTHER_KEY, SUBJECT, Issuer


def typed(server: Server, tenant: Tenant, issuer: Issuer, *more: str) -> CompletedProcess[str]:
    return rollcall(server.state, *words(tenant, issuer), *more)


def words(tenant: Tenant, issuer: Issuer) -> list[str]:
    values = ["--issuer", issuer.issuer, "--subject", SUBJECT]
    return ["oauth", "trust", tenant.name, *values, "--audience", f"api://{APPLICATION}/.default"]


def clients(server: Server, tenant: Tenant) -> tuple[Any, ...]:
    return server.services.tenants.show(tenant.name).clients


def test_a_client_without_a_secret_is_added_and_signs_in(
    server: Server, tenant: Tenant, issuer: Issuer
) -> None:
    done = typed(server, tenant, issuer, "--label", "Entra", "--scope", "read-only", "--json")
    told = json.loads(done.stdout)

    (client,) = clients(server, tenant)
    assert (told["client_id"], told["scim_url"]) == (client.id, tenant.url)
    assert (client.label, client.scope, client.trust) == ("Entra", "read-only", issuer.trust)
    assert told["notes"] == [
        f"--jwks follows from --issuer: {issuer.jwks}",
        f"--audience names an application, and is read as {APPLICATION}",
    ]
    form = {
        "grant_type": "client_credentials",
        "client_id": told["client_id"],
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": issuer.signed(),
    }
    token = httpx.post(told["token_url"], data=form, timeout=30).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{told['scim_url']}/Users", headers=headers).status_code == 200


def test_people_are_told_what_was_read_and_what_to_enter(
    server: Server, tenant: Tenant, issuer: Issuer
) -> None:
    done = typed(server, tenant, issuer)

    (client,) = clients(server, tenant)
    for line in (
        f"  Subject    {SUBJECT}",
        f"  Audience   {APPLICATION}",
        f"--audience names an application, and is read as {APPLICATION}.",
        f"  Client ID  {client.id}",
        f"  Token URL  {server.running.url}/scim/{tenant.name}/oauth2/token",
        f"  SCIM URL   {tenant.url}",
    ):
        assert line in done.stdout.splitlines()
    logged = rollcall(server.state, "log", tenant.name).stdout
    assert f"trust  Client {client.id}" in logged


def test_a_dry_run_changes_nothing(server: Server, tenant: Tenant, issuer: Issuer) -> None:
    told = json.loads(typed(server, tenant, issuer, "--dry-run", "--json").stdout)

    assert told["client_id"] is None
    assert told["trust"]["issuer"] == issuer.issuer
    assert clients(server, tenant) == ()


def test_a_dry_run_tries_an_assertion_of_a_file_or_of_standard_input(
    server: Server, tenant: Tenant, issuer: Issuer, tmp_path: Path
) -> None:
    file = tmp_path / "assertion"
    file.write_text(issuer.signed() + "\n")

    from_file = typed(server, tenant, issuer, "--dry-run", "--assertion", str(file))
    command = [*words(tenant, issuer), "--dry-run", "--assertion", "-"]
    from_input = program(server.state, *command, typed=issuer.signed())

    for done in (from_file, from_input):
        assert (done.returncode, done.stderr) == (0, "")
        assert "The assertion is right." in done.stdout
        assert "Nothing is changed." in done.stdout
    assert clients(server, tenant) == ()


def test_an_assertion_that_is_wrong_is_told_why_and_adds_nothing(
    server: Server, tenant: Tenant, issuer: Issuer, tmp_path: Path
) -> None:
    file = tmp_path / "assertion"
    wrong = issuer.signed(key=OTHER_KEY, aud=f"api://{issuers.other_id()}", exp=1)
    file.write_text(wrong)

    done = typed(server, tenant, issuer, "--assertion", str(file))

    assert done.returncode == 2
    problems = done.stderr.splitlines()
    assert problems[0].startswith("error: the assertion is refused: it expired ")
    assert problems[1].startswith("error: the assertion is refused: its audience (aud) is 'api://")
    assert problems[2] == "error: the assertion is refused: the issuer has no key 'second'"
    assert wrong not in done.stderr + done.stdout
    assert clients(server, tenant) == ()


def test_an_assertion_is_no_argument(server: Server, tenant: Tenant, issuer: Issuer) -> None:
    """Other users of the machine can read arguments."""
    assertion = issuer.signed()

    done = typed(server, tenant, issuer, "--assertion", assertion)

    assert done.returncode == 2
    assert "--assertion takes a file or -, and not the assertion itself" in done.stderr
    assert assertion not in done.stderr
    assert clients(server, tenant) == ()


def test_a_value_that_cannot_be_right_is_named(
    server: Server, tenant: Tenant, issuer: Issuer
) -> None:
    done = typed(server, tenant, issuer, "--subject", "scim")

    assert done.returncode == 2
    assert done.stderr == "error: --subject is an object id, a GUID, and scim is none\n"


def test_values_that_look_swapped_are_warned_of(
    server: Server, tenant: Tenant, issuer: Issuer
) -> None:
    done = typed(server, tenant, issuer, "--subject", APPLICATION, "--dry-run")

    assert done.returncode == 0
    assert done.stderr.startswith("warning: --subject and --audience are the same id: ")


def test_without_the_tenant_nothing_is_added(server: Server, issuer: Issuer) -> None:
    nobody = Tenant("nobody", "", "")

    done = typed(server, nobody, issuer)

    assert (done.returncode, done.stderr) == (2, "error: there is no tenant nobody\n")
