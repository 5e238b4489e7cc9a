"""`rollcall log`, as an operator types it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.command import ENVIRONMENT, PROGRAM, rollcall
from tests.conftest import Server, Tenant


@pytest.fixture
def asked(tenant: Tenant) -> Tenant:
    """A tenant that was asked for Ann, in vain, and then for her account, twice."""
    with tenant.client() as api:
        api.get('/Users?filter=userName eq "ann@example.com"')
        api.post("/Users", json={"userName": "Ann@Example.com", "externalId": "A1", "x": 1})
        api.post("/Users", json={"userName": "ANN@example.com"})
        api.post("/Users", json={"userName": "bob"})
    return tenant


def entries(server: Server, *words: str) -> list[dict[str, Any]]:
    answer = rollcall(server.state, "log", *words, "--json")
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def test_everything_is_told_in_order(server: Server, asked: Tenant) -> None:
    told = entries(server, asked.name)

    assert [(each["method"], each["status"]) for each in told] == [
        ("GET", 200), ("POST", 201), ("POST", 409), ("POST", 201),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "statuses"),
    [
        (["--user", "ann@example.com"], [200, 201, 409]),
        (["--user", "ANN@EXAMPLE.COM", "--status", "4xx"], [409]),
        (["--user", "a1"], [201]),
        (["--status", "201"], [201, 201]),
        (["--status", "5xx"], []),
        (["--since", "2999-01-01"], []),
        (["--since", "1h", "--user", "bob"], [201]),
    ],
)
def test_what_is_wanted_is_shown_and_nothing_else(
    words: list[str], statuses: list[int], server: Server, asked: Tenant
) -> None:
    assert [each["status"] for each in entries(server, asked.name, *words)] == statuses


def test_a_name_finds_what_operators_did_to_who_bears_it(server: Server, asked: Tenant) -> None:
    granted = rollcall(server.state, "access", "grant", asked.name, "bob", "induction=edit")
    assert granted.returncode == 0

    told = entries(server, asked.name, "--user", "BOB")

    assert [each["method"] for each in told] == ["POST", "grant"]
    assert told[1]["detail"] == "induction edit"


def test_an_id_finds_what_was_done_to_a_user(server: Server, asked: Tenant) -> None:
    target = entries(server, asked.name, "--user", "bob")[0]["target"].partition("/")[2]

    assert len(entries(server, asked.name, "--user", target)) == 1


def test_people_read_what_happened_and_why(server: Server, asked: Tenant) -> None:
    told = rollcall(server.state, "log", asked.name).stdout

    assert "matched nothing" in told
    assert "changed externalId, userName" in told
    assert "ignored x" in told
    assert "uniqueness userName is taken by another user" in told
    assert "example.com" not in told.lower()
    nothing = rollcall(server.state, "log", asked.name, "--status", "5xx").stdout
    assert nothing.startswith(f"There is nothing of that in the log of {asked.name}")


def test_what_comes_is_followed(server: Server, asked: Tenant) -> None:
    command = [PROGRAM, "--state", str(server.state), "log", asked.name, "--follow", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT, text=True) as process:
        assert process.stdout is not None
        before = [json.loads(process.stdout.readline()) for _ in range(4)]
        with asked.client() as api:
            api.post("/Users", json={"userName": "carol"})
        after = json.loads(process.stdout.readline())
        process.terminate()

    assert len({each["request"] for each in before} | {after["request"]}) == 5
    assert (after["method"], after["status"]) == ("POST", 201)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody"], "there is no tenant nobody"),
        (["first", "--since", "soon"], "'soon' is no moment: write 24h, 14d or 2026-01-31"),
        (["first", "--status", "bad"], "'bad' is no status: write 409, or 4xx"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, server: Server
) -> None:
    answer = rollcall(server.state, "log", *words)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr
