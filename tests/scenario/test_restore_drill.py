"""The drill of docs/restore.md: its commands, line by line, on a tenant that was damaged."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rollcall.scim.instant import instant
from tests.command import rollcall
from tests.conftest import Server
from tests.directory.people import found
from tests.operations.drill import TENANT, Drill, deployment
from tests.storage import consistency

PAGE = (Path(__file__).parents[2] / "docs" / "restore.md").read_text()
BEFORE = "rollcall --stack $STACK "


def commands(heading: str) -> list[str]:
    """Return the commands of the console blocks of a section."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def rows(drill: Drill) -> dict[str, int]:
    """Count the items of the tenant by their kind, without the log."""
    counted = Counter(pk.partition("#")[0] for pk, _ in consistency.items(drill.services, TENANT))
    return {kind: number for kind, number in sorted(counted.items()) if kind != "LOG"}


@dataclass
class Console:
    """An operator who types the commands of the page."""

    server: Server
    drill: Drill
    folder: Path
    typed: list[str] = field(default_factory=list)
    printed: str = ""

    def type(self, command: str) -> None:
        """Type a command of the page; a command of AWS deletes the copy, and nothing else."""
        services = self.drill.services
        copy = self.drill.copy.table.name
        values = {"$TENANT": TENANT, "$TIME": instant(self.drill.at), "$COPY": copy}
        for name, value in values.items():
            command = command.replace(name, value)
        self.typed.append(command)
        if command.startswith("aws "):
            assert command == f"aws dynamodb delete-table --table-name {copy}"
            return  # the drill itself deletes the copy at its end
        line, _, file = command.partition(" > ")
        assert line.startswith(BEFORE), line
        settings = services.settings
        answer = rollcall(
            self.server.state,
            *shlex.split(line.removeprefix(BEFORE)),
            AWS_ENDPOINT_URL=str(settings.endpoint_url),
            ROLLCALL_TABLE=settings.table,
            ROLLCALL_SECRETS=settings.secrets,
            ROLLCALL_ERASURES=settings.erasures,
        )
        assert answer.returncode == 0, (command, answer.stdout, answer.stderr)
        self.printed = answer.stdout
        if file:
            (self.folder / file).write_text(answer.stdout)


@pytest.fixture
def console(server: Server, tmp_path: Path) -> Iterator[Console]:
    with deployment(server) as services:
        drill = Drill(services)
        drill.fill()
        with drill.copied():
            drill.shut_out()
            drill.damage()
            yield Console(server, drill, tmp_path)


def test_the_page_is_followed_line_by_line(console: Console) -> None:
    drill, before = console.drill, rows(console.drill)
    started = time.monotonic()

    for command in commands("One tenant, line by line"):
        console.type(command)
        if "--json" in command:
            *differences, end = map(
                json.loads, (console.folder / "difference.jsonl").read_text().splitlines()
            )
        if "--yes" in command:
            told = console.printed

    print(f"rows before: {before}\nrows after:  {rows(drill)}")
    print(f"{told}\nin {time.monotonic() - started:.1f} s")
    assert len(console.typed) == 6
    again = {each["id"]: each["again"] for each in differences if "again" in each}
    ids = drill.ids
    assert again == {
        ids["bob"]: ["deleted"],
        ids["ed"]: ["erased"],
        ids["carl"]: ["disabled"],
        ids["gus"]: ["access revoked"],
        ids["dora"]: ["access revoked"],
        ids["Old"]: ["deleted"],
    }
    assert end["restored"] is False
    assert "mended: " in told
    for name in ("bob", "ed"):
        assert found(drill.directory, f'userName eq "{name}@x.test"') == []
    assert drill.directory.users.read(ids["carl"]).record.document["active"] is False
    consistency.check(drill.services, TENANT)
