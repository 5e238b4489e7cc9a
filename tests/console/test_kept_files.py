"""What is dropped onto a page is gone when the console has ended, however it ended."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rollcall.console import sign_in
from rollcall.console.console_server import ConsoleServer
from rollcall.console.kept_files import PREFIX, KeptFiles, KeptFilesError, remove_leftovers
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.operations.operator import Operator
from tests.command import ENVIRONMENT


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


ENDS = """
import os, signal, sys
from threading import Thread

import httpx
from rollcall.cli.termination import orderly_end
from rollcall.console.console_server import ConsoleServer
from rollcall.console.workplace import Workplace

def run(number):
    signal.alarm(50)  # whatever hangs is killed
    server = ConsoleServer(Workplace(None, None, None))

    def end():
        httpx.get(server.sign_in.origin)
        os.kill(os.getpid(), number)

    def drop():
        (server.files.new_folder() / "users.csv").write_text("userPrincipalName")
        Thread(target=end, daemon=True).start()

    with orderly_end():
        server.run(drop)

for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        run(signal.Signals[name])
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
"""Consoles one after the other, each ended by a signal while it serves; they import only once."""


def ended(temporary: Path, *signals: str) -> list[int]:
    """Return the exit codes of consoles that were ended so."""
    words = [sys.executable, "-c", ENDS, *signals]
    environment = {**ENVIRONMENT, "TMPDIR": str(temporary)}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return [int(code) for code in done.stdout.split()]


def test_each_end_of_a_console_removes_its_files_and_the_next_one_those_of_a_killed_one(
    temporary: Path,
) -> None:
    codes = ended(temporary, "SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")

    assert codes == [0, 143, 143, -9]
    (left,) = temporary.rglob("users.csv")
    remove_leftovers()
    assert not left.exists()
    assert not list(temporary.iterdir())


def test_a_console_that_nobody_uses_removes_its_files(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(_: DeploymentChoice) -> Operator:
        raise AssertionError("nothing is asked")

    server = ConsoleServer(Workplace(connect, None, None))
    folders: list[Path] = []

    def drop() -> None:
        folders.append(server.files.new_folder())
        monkeypatch.setattr(sign_in, "IDLE_SECONDS", -1)

    server.run(drop)

    assert folders
    assert not list(temporary.iterdir())


def test_folders_of_consoles_that_live_are_left_alone(temporary: Path) -> None:
    living, ended = KeptFiles(), KeptFiles()
    kept = living.new_folder()
    ended.new_folder()
    ended.close()

    remove_leftovers()

    assert kept.is_dir()
    assert stat.S_IMODE(kept.stat().st_mode) == stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    living.close()
    assert not list(temporary.iterdir())
    with pytest.raises(KeptFilesError, match="has ended"):
        living.new_folder()


def link(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere)


def file(place: Path, _: Path) -> None:
    place.write_text("somebody's")


@pytest.mark.parametrize("make", [link, file])
def test_what_is_no_folder_of_a_console_is_left_alone(
    make: Callable[[Path, Path], None], temporary: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "work").write_text("somebody's")
    make(temporary / f"{PREFIX}x", elsewhere)

    remove_leftovers()

    assert [each.name for each in elsewhere.iterdir()] == ["work"]
    assert (temporary / f"{PREFIX}x").exists()
