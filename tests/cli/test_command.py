"""The `rollcall` command, as an operator types it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from rollcall.tenants.tenants import Tenants
from tests.command import ENVIRONMENT, PROGRAM, program, rollcall, users
from tests.conftest import Server


def create(server: Server, name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(
        rollcall(server.state, "tenants", "create", name, "--json").stdout
    )
    return made


def test_a_new_tenants_url_and_token_work(server: Server) -> None:
    made = json.loads(program(server.state, "tenants", "create", "cli-new", "--json").stdout)

    assert made["tenant"] == "cli-new"
    assert users(made) == 200


def test_for_people_url_token_and_a_line_to_try_are_printed(server: Server) -> None:
    printed = rollcall(server.state, "tenants", "create", "cli-people").stdout

    assert "Tenant URL" in printed
    assert "Secret Token" in printed
    assert "curl -H 'Authorization: Bearer rollcall_" in printed


def test_tenants_are_listed_and_shown_without_their_tokens(server: Server) -> None:
    made = create(server, "cli-shown")

    listed = json.loads(rollcall(server.state, "tenants", "list", "--json").stdout)
    shown = json.loads(rollcall(server.state, "tenants", "show", "cli-shown", "--json").stdout)

    assert "cli-shown" in {each["tenant"] for each in listed}
    assert (shown["state"], shown["users"], shown["groups"]) == ("active", 0, 0)
    assert made["token"] not in json.dumps([listed, shown])
    assert "digest" not in json.dumps([listed, shown])
    assert "cli-shown" in rollcall(server.state, "tenants", "list").stdout
    assert made["url"] in rollcall(server.state, "tenants", "show", "cli-shown").stdout


def test_a_tenant_is_deleted_with_all_it_holds_after_its_name_is_typed(server: Server) -> None:
    made = create(server, "cli-gone")
    headers = {"Authorization": f"Bearer {made['token']}"}
    httpx.post(f"{made['url']}/Users", headers=headers, json={"userName": "a"})

    wrong = program(server.state, "tenants", "delete", "cli-gone", typed="other\n")
    assert wrong.returncode == 2
    assert users(made) == 200

    right = program(
        server.state, "tenants", "delete", "cli-gone", "--no-wait", typed="cli-gone\nleft\n"
    )
    assert right.returncode == 0
    assert "1 users" in right.stdout
    assert rollcall(server.state, "tenants", "show", "cli-gone").returncode == 2
    again = create(server, "cli-gone")
    assert again["token"] != made["token"]
    listing = httpx.get(
        f"{again['url']}/Users", headers={"Authorization": f"Bearer {again['token']}"}
    )
    assert listing.status_code in {200, 401}  # 401: the old tokens are believed for a moment


def test_disabling_says_when_it_takes_effect(server: Server) -> None:
    create(server, "cli-closed")

    closed = rollcall(server.state, "tenants", "disable", "cli-closed")
    shown = json.loads(rollcall(server.state, "tenants", "show", "cli-closed", "--json").stdout)
    opened = rollcall(server.state, "tenants", "enable", "cli-closed")

    assert "within a minute" in closed.stdout
    assert shown["state"] == "disabled"
    assert opened.stdout.strip() == "cli-closed is active."


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["tenants", "create", "No_Good"], "a tenant's name has"),
        (["tenants", "create", "[/]"], "'[/]' does not"),
        (["--stack", "nowhere", "tenants", "list"], "no AWS region is set"),
        (["tenants", "show", "nobody"], "there is no tenant nobody"),
        (["tenants", "disable", "nobody"], "there is no tenant nobody"),
        (["tenants", "delete", "nobody", "--yes"], "there is no tenant nobody"),
        (["tenants", "create", "first"], "there is a tenant first already"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    words: list[str], sentence: str, server: Server
) -> None:
    answer = rollcall(server.state, *words)

    assert (answer.returncode, answer.stdout) == (2, "")
    assert sentence in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_without_a_server_the_command_says_how_to_start_one(tmp_path: Path) -> None:
    answer = rollcall(tmp_path, "tenants", "list")

    assert answer.returncode == 2
    assert "rollcall serve" in answer.stderr


@pytest.mark.emulator
def test_the_server_announces_one_line_keeps_its_data_and_ends_cleanly(tmp_path: Path) -> None:
    runs = []
    for _ in range(2):
        process = subprocess.Popen(
            [PROGRAM, "--state", str(tmp_path), "serve", "--port", "0", "--json",
             "--tenant", "acme", "--tenant", "beta"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT,
        )  # fmt: skip
        assert process.stdout is not None
        announced = json.loads(process.stdout.readline())["tenants"]
        runs.append(announced)
        headers = {"Authorization": f"Bearer {announced['acme']['token']}"}
        url = announced["acme"]["url"]
        if len(runs) == 1:
            httpx.post(f"{url}/Users", headers=headers, json={"userName": "kept"})
        listing = httpx.get(f"{url}/Users", headers=headers)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)

        assert process.returncode == 0
        assert rest == ""
        assert listing.json()["totalResults"] == 1

    assert set(runs[1]) == {"acme", "beta"}
    assert runs[0]["acme"]["token"] != runs[1]["acme"]["token"]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        answer = rollcall(tmp_path, "serve", "--port", str(port))

    assert (answer.returncode, answer.stdout) == (2, "")
    assert f"127.0.0.1:{port} cannot be served" in answer.stderr


def test_a_server_that_cannot_start_afresh_leaves_the_data_of_the_one_that_runs(
    server: Server,
) -> None:
    made = create(server, "cli-kept")
    port = server.running.url.rpartition(":")[2]

    same_port = program(server.state, "serve", "--port", port, "--fresh")
    same_state = program(server.state, "serve", "--port", "0", "--fresh")

    assert (same_port.returncode, same_state.returncode) == (2, 2)
    assert f":{port} cannot be served" in same_port.stderr
    assert "is in use by another server" in same_state.stderr
    assert users(made) == 200
    assert rollcall(server.state, "tenants", "show", "cli-kept").returncode == 0


def test_with_yes_a_tenant_is_deleted_without_being_asked(server: Server) -> None:
    create(server, "cli-yes")
    # Closed so long ago that nobody's requests still run.
    Tenants(server.services.secrets, lambda: datetime(2026, 1, 1, tzinfo=UTC)).disable("cli-yes")

    deleted = rollcall(server.state, "tenants", "delete", "cli-yes", "--yes", "--reason", "a test")

    assert (deleted.returncode, deleted.stdout) == (0, "cli-yes is deleted: 0 users, 0 groups.\n")
    assert rollcall(server.state, "tenants", "show", "cli-yes").returncode == 2
