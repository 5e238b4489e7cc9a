"""`rollcall serve --events`: what a developer sees of change events, without a bus."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rollcall.changes.change_events import Event
from rollcall.model.tenant_url import tenant_url
from tests.changes.schemas import faults
from tests.command import PROGRAM, program, rollcall
from tests.conftest import Server, Tenant

pytestmark = pytest.mark.emulator


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def create(tenant: Tenant, name: str) -> str:
    with tenant.client() as api:
        return str(api.post("/Users", json={"userName": name}).json()["id"])


@contextmanager
def serving(state: Path, path: Path) -> Iterator[Server]:
    """Serve what was there before, and append events to a file."""
    server = Server(state, "--no-fresh", "--events", str(path))
    try:
        yield server
    finally:
        assert server.stop() == 0


def test_what_changes_is_appended_to_a_file_whoever_changes_it(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with serving(tmp_path, path) as server:
        ada = create(server.tenant(), "ada")
    assert [each["detail-type"] for each in read(path)] == ["user.created"]

    with serving(tmp_path, path) as server:
        done = rollcall(tmp_path, "access", "grant", "t1", ada, "induction=read")
        assert done.returncode == 0, done.stderr
        url = server.running.url

    told = read(path)
    assert [each["detail-type"] for each in told] == ["user.created", "access.granted"]
    assert {each["source"] for each in told} == {"rollcall"}
    assert told[-1]["detail"]["iss"] == tenant_url(url, "t1")
    assert {each["detail"]["sub_id"]["uri"] for each in told} == {f"/Users/{ada}"}
    events = [Event(each["detail-type"], each["detail"]) for each in told]
    assert [faults(each) for each in events] == [[], []]


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    done = program(tmp_path, "serve", "--port", "0", "--events", str(tmp_path / "none" / "e.jsonl"))

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "No such file or directory" in done.stderr
    assert PROGRAM not in done.stderr
