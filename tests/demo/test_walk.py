"""The walk of the README, line by line, against a local server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.engine import emulator_home

pytestmark = pytest.mark.emulator


ROOT = Path(__file__).parents[2]
WALK = (ROOT / "README.md").read_text().partition("## A walk\n")[2].partition("\n## ")[0]
LINES = "".join(re.findall(r"```bash\n(.*?)```", WALK, re.DOTALL)).splitlines()

EXPECTED = [
    (0, r"acme is active, its Tenant URL is http://127\.0\.0\.1"),
    (0, r"4 accounts put in, 0 there already, 0 lines rejected"),
    (0, r"root@acme\.example is protected"),
    (0, r"accounts of acme\.example"),
    (1, r"will be duplicated\s+(.*\s)?Grace Hopper(.|\n)* 1 to look at"),
    (0, r"everybody, for all new users: new"),
    (0, r"code manage, induction read, policies edit, regular"),
    (0, r"http://127\.0\.0\.1:\d+/handover#acme\."),
    (0, r"^$"),
    (0, r'"userName":"ghopper@acme\.example"'),
    (0, r"induction read, policies comment, as regular"),
    (0, r"1 new"),
    (0, r"grace\.hopper@acme\.example(.|\n)*same employee number: 1002"),
    (0, r"Done\."),
    (0, r"issue (.|\n)*POST (.|\n)*merge "),
]
"""The exit code of each line, and what its output holds."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A local server of the walk's own: it has no tenant acme yet."""
    emulator_home()
    started = Server(tmp_path)
    try:
        yield started
    finally:
        started.stop()


def run(folder: Path, server: Server) -> list[tuple[str, int, str]]:
    """Run the lines in one shell, and return each with its exit code and what it printed."""
    (folder / "examples").symlink_to(ROOT / "examples")
    program = folder / ".venv" / "bin" / "rollcall"
    program.parent.mkdir(parents=True)
    rollcall = Path(sys.executable).parent / "rollcall"
    program.write_text(f'#!/bin/sh\nexec "{rollcall}" --state "{server.state}" "$@"\n')
    program.chmod(0o755)
    script = "".join(f'{line}\nprintf "\\n=== %d\\n" $?\n' for line in LINES)
    environment = {key: value for key, value in os.environ.items() if "AWS" not in key}
    ran = subprocess.run(
        ["bash", "-c", script.replace("http://127.0.0.1:8000", server.running.url)],
        cwd=folder, env=environment | {"COLUMNS": "160"}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True,
    )  # fmt: skip
    parts = re.split(r"^=== (\d+)\n", ran.stdout, flags=re.MULTILINE)
    return list(zip(LINES, map(int, parts[1::2]), parts[0::2], strict=False))


@pytest.mark.slow
def test_each_line_of_the_walk_does_what_it_says(tmp_path: Path, server: Server) -> None:
    walked = run(tmp_path, server)

    assert [line for line, _, _ in walked] == LINES
    for (line, code, printed), (expected, pattern) in zip(walked, EXPECTED, strict=True):
        assert code == expected, f"{line}\n{printed}"
        assert re.search(pattern, printed.strip()), f"{line}\n{printed}"
    assert "Grace Hopper" in (tmp_path / "conflicts.html").read_text()
