"""What destroys something asks for a name or a yes, and for a reason, which the log keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollcall.model.account_link import LOCAL
from rollcall.operations import tenant_notes
from rollcall.operations.operator import MAX_REASON, Operator, ReasonError
from rollcall.templates.template import Template
from tests.command import program, rollcall
from tests.conftest import Server, Tenant
from tests.operations.operators import Templates

DESTROYING = [
    ("tenants", "delete", "T"),
    ("accounts", "merge", "T", "--keep", "ann", "--remove", "anna"),
    ("templates", "remove", "T", "everybody"),
    ("tokens", "revoke", "T", "TOKEN"),
    ("oauth", "revoke", "T", "CLIENT"),
    ("tenants", "notes", "T", "--remove", "NOTE"),
]
"""What no other command brings back."""


@pytest.fixture
def meant(server: Server, tenant: Tenant) -> dict[str, str]:
    """What the words of the commands stand for, in a tenant that has one of each."""
    services = server.services
    for name in ("ann", "anna"):
        services.directory(tenant.name).users.create({"userName": name}, link=LOCAL)
    Templates(Operator(services, "operator:ann"), tenant.name).set([Template("everybody")])
    (token,) = services.tenants.show(tenant.name).tokens
    client = services.oauth_clients(tenant.name).create("first").client
    operator = Operator(services, "operator:ann")
    note = tenant_notes.add(operator, tenant.name, tenant_notes.new(operator, "They move."))
    return {"T": tenant.name, "TOKEN": token.id, "CLIENT": client.id, "NOTE": note.id}


def stored(server: Server, tenant: str) -> Any:
    """Return everything that the table and the secret hold of a tenant, but its use."""
    items = list(server.services.table.scan(f"{tenant}#"))
    kept = [json.dumps(each, sort_keys=True, default=str) for each in items]
    return server.services.tenants.show(tenant), sorted(kept)


def test_without_a_reason_nothing_is_destroyed(server: Server, meant: dict[str, str]) -> None:
    before = stored(server, meant["T"])
    for words in DESTROYING:
        typed = [meant.get(each, each) for each in words]
        answer = rollcall(server.state, *typed, "--yes")

        assert (answer.returncode, answer.stderr) == (
            2,
            "error: say why: --reason TEXT, which the log keeps\n",
        ), words
    assert stored(server, meant["T"]) == before


@pytest.mark.parametrize(
    ("words", "typed", "answered"),
    [
        (DESTROYING[0], "acme\n", (2, "the name does not match, nothing is changed")),
        (DESTROYING[1], "ann\n", (2, "the name does not match, nothing is changed")),
        (DESTROYING[1], "no\n", (1, "that is not confirmed, nothing is changed")),
        (DESTROYING[2], "everyone\n", (2, "the name does not match, nothing is changed")),
        (DESTROYING[2], "everybody\n", (1, "that is not confirmed, nothing is changed")),
        (DESTROYING[3], "y\n", (1, "that is not confirmed, nothing is changed")),
    ],
)
def test_who_types_another_name_or_no_reason_destroys_nothing(
    words: tuple[str, ...],
    typed: str,
    answered: tuple[int, str],
    server: Server,
    meant: dict[str, str],
) -> None:
    before = stored(server, meant["T"])

    answer = program(server.state, *(meant.get(each, each) for each in words), typed=typed)

    assert answer.returncode == answered[0]
    assert answered[1] in answer.stderr
    assert stored(server, meant["T"]) == before


def test_the_reason_is_typed_after_the_name_and_shown_in_the_log(
    server: Server, meant: dict[str, str]
) -> None:
    words = ("templates", "remove", meant["T"], "everybody")

    answer = program(server.state, *words, typed="everybody\nnobody starts with access\n")

    assert answer.returncode == 0, answer.stderr
    shown = rollcall(server.state, "log", meant["T"]).stdout
    (*_, last) = rollcall(server.state, "log", meant["T"], "--json").stdout.splitlines()
    assert "    because: nobody starts with access\n" in shown
    assert json.loads(last)["reason"] == "nobody starts with access"


@pytest.mark.parametrize("reason", ["", " \n", "a\nb", "a\x1b[31mb", "a\u202eb", "x" * 201])
def test_a_reason_is_one_printable_line(reason: str) -> None:
    with pytest.raises(ReasonError):
        Operator(services=None, name="operator:ann").because(reason)  # type: ignore[arg-type]


def test_a_reason_is_kept_without_blanks_around_it() -> None:
    operator = Operator(services=None, name="operator:ann")  # type: ignore[arg-type]

    assert operator.because(" sagt der Kunde: Übernahme, 2026 ").actor.reason == (
        "sagt der Kunde: Übernahme, 2026"
    )
    assert operator.because("x" * MAX_REASON).reason == "x" * MAX_REASON


def test_the_reason_is_in_the_log_alone() -> None:
    operator = Operator(services=None, name="operator:ann").because("a reason")  # type: ignore[arg-type]

    assert operator.actor.item == {"request": "", "actor": "operator:ann"}
