"""`rollcall templates`, as an operator types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command import program, rollcall
from tests.conftest import Server, Tenant

FILE = """
- name: everybody
  users: all
  workAreas: {induction: read}
  role: occasional
- name: engineering
  group: {displayName: Engineering}
  workAreas: {induction: edit, code: manage}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of two templates."""
    made = tmp_path / "templates.yaml"
    made.write_text(FILE)
    return made


def listed(server: Server, tenant: Tenant) -> list[dict[str, Any]]:
    printed = rollcall(server.state, "templates", "list", tenant.name, "--json").stdout
    rows: list[dict[str, Any]] = json.loads(printed)
    return rows


def test_templates_are_set_from_a_file_before_any_group_exists(
    server: Server, tenant: Tenant, path: Path
) -> None:
    done = rollcall(server.state, "templates", "set", tenant.name, str(path))

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "everybody, for all new users: new",
        "engineering, for members of the group Engineering: new",
    ]
    assert [each["name"] for each in listed(server, tenant)] == ["engineering", "everybody"]
    assert listed(server, tenant)[0]["groupId"] is None
    people = rollcall(server.state, "templates", "list", tenant.name).stdout
    assert "What is unbound waits for its group" in people


def test_what_is_shown_sets_the_same(server: Server, tenant: Tenant, path: Path) -> None:
    rollcall(server.state, "templates", "set", tenant.name, str(path))
    path.write_text(rollcall(server.state, "templates", "show", tenant.name, "engineering").stdout)

    again = rollcall(server.state, "templates", "set", tenant.name, str(path))

    assert again.stdout.endswith("Engineering: as it was, version 1\n")


def test_json_and_standard_input_are_read_as_well(server: Server, tenant: Tenant) -> None:
    raw = json.dumps({"name": "all", "users": "all", "role": "regular"}, indent="\t")
    done = program(server.state, "templates", "set", tenant.name, "-", "--json", typed=raw)

    assert json.loads(done.stdout) == [
        {"name": "all", "users": "all", "role": "regular", "version": 1, "change": "new"}
    ]


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    server: Server, tenant: Tenant, path: Path
) -> None:
    rollcall(server.state, "templates", "set", tenant.name, str(path))
    path.write_text(FILE.replace("manage", "read"))

    done = rollcall(server.state, "templates", "set", tenant.name, str(path), "--dry-run")

    assert done.stdout.splitlines()[1:] == [
        "engineering, for members of the group Engineering: "
        "version 2, for users who come from now on",
        "Nothing is set, this was a dry run.",
    ]
    assert {each["version"] for each in listed(server, tenant)} == {1}


def test_the_history_tells_who_set_what(server: Server, tenant: Tenant, path: Path) -> None:
    rollcall(server.state, "templates", "set", tenant.name, str(path))
    path.write_text(FILE.replace("manage", "read"))
    rollcall(server.state, "templates", "set", tenant.name, str(path))

    shown = ["templates", "show", tenant.name, "engineering", "--history"]
    history = json.loads(rollcall(server.state, *shown, "--json").stdout)
    assert [(each["version"], each["workAreas"]["code"]) for each in history] == [
        (1, "manage"),
        (2, "read"),
    ]
    assert all(each["actor"].startswith("operator:") for each in history)
    assert "version 2" in rollcall(server.state, *shown).stdout


def test_removing_asks_first(server: Server, tenant: Tenant, path: Path) -> None:
    rollcall(server.state, "templates", "set", tenant.name, str(path))
    words = ["templates", "remove", tenant.name, "everybody"]

    asked = program(server.state, *words, typed="n\n")
    assert asked.returncode == 1
    assert len(listed(server, tenant)) == 2

    assert rollcall(server.state, *words, "--yes", "--reason", "a test").returncode == 0
    assert [each["name"] for each in listed(server, tenant)] == ["engineering"]
    people = rollcall(server.state, "templates", "list", tenant.name).stdout
    assert "No template applies to all users" in people


def test_the_list_binds_a_template_whose_group_has_arrived_unnoticed(
    server: Server, tenant: Tenant, path: Path, api: httpx.Client
) -> None:
    made = api.post("/Groups", json={"displayName": "Engineering"}).json()
    rollcall(server.state, "templates", "set", tenant.name, str(path))

    assert listed(server, tenant)[0]["groupId"] == made["id"]


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
"""A billion laughs: what each line repeats is nine times as large as that of the line before."""


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("name: [", ["line 1: expected the node content, but found '<stream end>'"]),
        ("name: a\nname: b", ["line 2: the key name is there twice"]),
        (b"\xff\xfe\x00", ["is not text in UTF-8 or UTF-16"]),
        ("[" * 100_000, ["line 1: it nests more than 32 deep"]),
        ("{a: " * 100_000, ["line 1: it nests more than 32 deep"]),
        (LAUGHS, ["line 5: it has more than 20,000 values, its aliases written out"]),
        ("&all\nname: *all", ["it has more than 20,000 values, its aliases written out"]),
        ("name: x\n" * 60_000, ["has more than 400,000 characters"]),
        ("users: all\nname: 2026-99-99", ["line 2: the value is none of its type"]),
        ("name: !!bool perhaps", ["line 1: the value is none of its type"]),
        (f"window: {'9' * 5_000}", ["line 1: the value is none of its type"]),
        ("", ["the file holds no template"]),
        (
            "{name: a, users: all, workAreas: {x: wirte}, role: boss}",
            ['work area x: level "wirte" is none of', 'role "boss" is none of'],
        ),
    ],
)
def test_every_mistake_is_a_sentence_and_the_exit_code_is_2(
    content: str | bytes, sentences: list[str], server: Server, tenant: Tenant, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    done = rollcall(server.state, "templates", "set", tenant.name, str(path))

    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == len(sentences)
    assert all(text in line for text, line in zip(sentences, lines, strict=True))
    assert listed(server, tenant) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["list", "nobody"], "there is no tenant nobody"),
        (["set", "nobody", "/nowhere"], "No such file"),
        (["show", "{tenant}", "x"], "there is no template x"),
        (["show", "{tenant}", "x", "--history"], "there has never been a template x"),
        (["remove", "{tenant}", "x", "--yes"], "there is no template x"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(
    words: list[str], sentence: str, server: Server, tenant: Tenant
) -> None:
    done = rollcall(server.state, "templates", *(each.format(tenant=tenant.name) for each in words))

    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
