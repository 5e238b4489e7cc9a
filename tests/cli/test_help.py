"""Help on narrow terminals: the names of commands and options are whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from rollcall.cli import app
from tests.command import rollcall


def commands(command: Any, *words: str) -> Iterator[tuple[str, Any]]:
    yield " ".join(words), command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, *words, name)


COMMANDS = dict(commands(get_command(app)))


@pytest.mark.parametrize("columns", ["40", "80"])
@pytest.mark.parametrize("words", COMMANDS)
def test_no_name_is_cut(words: str, columns: str, tmp_path: Path) -> None:
    command = COMMANDS[words]
    options = [each for parameter in command.params for each in parameter.opts]
    names = [each for each in options if each.startswith("--")]
    shown = rollcall(tmp_path, *words.split(), "--help", COLUMNS=columns)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert [
        each for each in (*names, *getattr(command, "commands", ())) if each not in shown.stdout
    ] == []
    cut = [line for line in shown.stdout.splitlines() if line.rstrip(" │").endswith("…")]
    assert cut == []
