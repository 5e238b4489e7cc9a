"""Whatever an operator changes is in the tenant's log: by whom, in which run of a command, what.

Every command is told of here, as one that changes something of a tenant or as one that does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from rollcall.cli import app
from rollcall.directory.directory import Directory
from rollcall.model.account_link import LINKED, LOCAL
from rollcall.operations import accounts
from rollcall.operations.operator import Operator
from rollcall.scim.resource_type import Kind
from rollcall.storage.keys import Keys
from rollcall.storage.transactions import Action
from rollcall.templates.template import Template
from tests.command import rollcall
from tests.conftest import Server
from tests.operations import operators
from tests.operations.operators import Templates, UserAccesses
from tests.storage.faults import counted

READING = {
    "access show", "accounts list", "accounts show", "brake list", "brake show",
    "conflicts check", "duplicates flagged",
    "console",
    "duplicates list", "duplicates save", "duplicates show", "events list", "gallery attest",
    "gallery check", "log", "oauth list", "person export", "person find", "serve",
    "templates list", "templates preview", "templates show", "tenants domains list", "tenants list",
    "tenants export", "tenants show", "tokens list",
}  # fmt: skip
"""What changes nothing that an operator decides on."""

ELSEWHERE = {
    "brake dismiss",
    "brake enable",
    "brake refuse",
    "brake release",
    "duplicates run",
    "events republish",
    "oauth rotate-signing-key",
    "restore",
    "tenants delete",
    "tenants move",
}
"""What the log of the deployment tells of; what is repeated and has its own record; and what
takes a wave, a held account, a copy or another stack, whose own tests read the log."""

GUID = "0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9"

WHY = ("--reason", "asked for by the customer")

WRITING: dict[str, list[tuple[str, ...]]] = {
    "access grant": [("access", "grant", "T", "ann", "induction=edit", "--role", "regular")],
    "access revoke": [
        ("access", "grant", "T", "ann", "induction=edit"),
        ("access", "revoke", "T", "ann", "induction"),
    ],
    "accounts disable": [("accounts", "disable", "T", "ann", "--yes")],
    "accounts enable": [
        ("accounts", "disable", "T", "ann", "--yes"),
        ("accounts", "enable", "T", "ann"),
    ],
    "accounts import": [("accounts", "import", "T", "FILE.csv")],
    "accounts merge": [
        ("accounts", "merge", "T", "--keep", "ann", "--remove", "anna", "--yes", *WHY),
    ],
    "accounts protect": [("accounts", "protect", "T", "ann")],
    "accounts relink": [("accounts", "relink", "T", "ann", "--external-id", "E1")],
    "accounts unlink": [("accounts", "unlink", "T", "linked", "--yes")],
    "accounts unprotect": [
        ("accounts", "protect", "T", "ann"),
        ("accounts", "unprotect", "T", "ann"),
    ],
    "brake off": [("brake", "off", "T", "--until", "4h", *WHY)],
    "brake on": [("brake", "off", "T", "--until", "4h", *WHY), ("brake", "on", "T")],
    "brake set": [("brake", "set", "T", "--grace", "7")],
    "duplicates dismiss": [("duplicates", "dismiss", "T", "--service-account", "ann")],
    "duplicates open": [("duplicates", "open", "T", "--service-account", "ann")],
    "handover": [("handover", "T")],
    "person erase": [("person", "erase", "T", "linked", "--force", "--yes", *WHY)],
    "templates apply": [
        ("templates", "set", "T", "FILE.yaml"),
        ("templates", "apply", "T", "--users", "FILE.txt"),
    ],
    "templates remove": [
        ("templates", "set", "T", "FILE.yaml"),
        ("templates", "remove", "T", "everybody", "--yes", *WHY),
    ],
    "templates set": [("templates", "set", "T", "FILE.yaml")],
    "tenants create": [("tenants", "create", "NEW")],
    "tenants disable": [("tenants", "disable", "T")],
    "tenants domains add": [("tenants", "domains", "add", "T", "x.test")],
    "tenants domains remove": [
        ("tenants", "domains", "add", "T", "x.test"),
        ("tenants", "domains", "remove", "T", "x.test"),
    ],
    "tenants enable": [("tenants", "enable", "T")],
    "tenants policy": [("tenants", "policy", "T", "strict")],
    "tenants notes": [("tenants", "notes", "T", "--add", "ann@example.com asked for it")],
    "tenants rate": [("tenants", "rate", "T", "100")],
    "oauth create": [("oauth", "create", "T")],
    "oauth revoke": [("oauth", "revoke", "T", "CLIENT", "--yes", *WHY)],
    "oauth rotate": [("oauth", "rotate", "T")],
    "oauth trust": [
        ("oauth", "trust", "T", "--issuer", GUID, "--subject", GUID, "--audience", GUID)
    ],
    "tokens issue": [("tokens", "issue", "T")],
    "tokens retire": [("tokens", "retire", "T", "--force", *WHY)],
    "tokens revoke": [("tokens", "revoke", "T", "TOKEN", "--yes", *WHY)],
    "tokens rotate": [("tokens", "rotate", "T")],
    "verify": [("verify", "T", "--repair")],
}
"""What is typed, the last of which the log has to tell of; T is a tenant, TOKEN its token."""

VERBS = {
    "brake off": "brake off",
    "brake on": "brake on",
    "brake set": "brake set",
    "templates set": "templates",
    "templates remove": "templates",
    "tenants domains add": "domains",
    "tenants domains remove": "domains",
    "tokens retire": "revoke",
    "verify": "repair",
}
"""What the log calls a command where it is not the command's last word."""

FILES = {
    "FILE.csv": "username\ncarol@example.com\n",
    "FILE.yaml": "name: everybody\nusers: all\nworkAreas: {induction: read}\n",
    "FILE.txt": "ann\n",
}


def leaves(command: Any, *words: str) -> Iterator[str]:
    nested = getattr(command, "commands", None)
    if nested is None:
        yield " ".join(words)
        return
    for name, each in nested.items():
        yield from leaves(each, *words, name)


def test_every_command_is_told_of_here() -> None:
    assert set(leaves(get_command(app))) == READING | ELSEWHERE | WRITING.keys()


@pytest.fixture
def tenant(server: Server) -> str:
    """A tenant with three accounts, and a lookup that is lost."""
    name = server.tenant().name
    directory = server.services.directory(name)
    for each, link in (("ann", LOCAL), ("anna", LOCAL), ("linked", LINKED)):
        directory.users.create({"userName": each, "externalId": f"E-{each}"}, link=link)
    lost = {"pk": f"{name}#LOOKUP#externalId#E-anna"}
    for item in list(server.services.table.query(lost["pk"])):
        server.services.table.transact([Action("Delete", {"pk": item["pk"], "sk": item["sk"]})])
    return name


def told(server: Server, tenant: str) -> list[dict[str, Any]]:
    lines = rollcall(server.state, "log", tenant, "--json").stdout.splitlines()
    return [json.loads(each) for each in lines]


@pytest.mark.parametrize("command", WRITING)
def test_what_an_operator_changes_is_told_of(
    command: str, server: Server, tenant: str, tmp_path: Path
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (token,) = server.services.tenants.show(tenant).tokens
    client = server.services.oauth_clients(tenant).create("first").client
    new = f"{tenant}-new"
    meant = {"T": tenant, "TOKEN": token.id, "CLIENT": client.id, "NEW": new}
    before: list[dict[str, Any]] = []
    for words in WRITING[command]:
        before = told(server, tenant)
        typed = [str(tmp_path / each) if each in FILES else meant.get(each, each) for each in words]
        answer = rollcall(server.state, *typed)
        assert answer.returncode == 0, answer.stderr

    entries = told(server, new if command == "tenants create" else tenant)[len(before) :]

    verb = VERBS.get(command, command.rpartition(" ")[2])
    assert {each["method"] for each in entries} == {verb}
    assert all(each["actor"].startswith("operator:") for each in entries)
    assert all(each["request"] for each in entries)
    given = WHY[1] if WHY[0] in WRITING[command][-1] else None
    assert {each.get("reason") for each in entries} == {given}
    assert not any("example.com" in str(each) or "ann" in str(each) for each in entries)


def test_what_is_in_the_table_is_told_of_in_the_transaction_of_the_change(
    server: Server, tenant: str
) -> None:
    services, log = server.services, f"{Keys(tenant).tenant}#LOG#"
    operator = "operator:someone"
    acting = Operator(services, operator)
    opened = Directory(acting.context(tenant))
    opened.context.log.describe("import", "local")
    with counted(services.clients.dynamodb) as made:
        dora = opened.users.create({"userName": "dora"}, link=LOCAL).record.id
        accounts.protect(acting, tenant, "dora")
        accounts.protect(acting, tenant, "dora", protected=False)
        operators.relink(acting, tenant, "dora", "E9")
        Templates(acting, tenant).set([Template("everybody", areas={"code": "read"})])
        book = UserAccesses(acting, tenant)
        book.grant(dora, {"code": "edit"})
        book.revoke(dora, ["code"])
        book.apply(dora)
        operators.merge(acting, tenant, "dora", "anna")

    writes = [each.actions for each in made if each.actions]
    told_of = [
        [put["Put"] for put in actions if log in str(put.get("Put", {}).get("Item", {}).get("pk"))]
        for actions in writes
    ]
    assert [len(each) for each in told_of] == [1] * 9
    assert not [each for each in made if each.operation == "PutItem"]
    assert opened.counts()[Kind.USER] == 3
