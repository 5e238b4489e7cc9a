"""Another user of the machine, who looks at all that users may look at, and asks the port."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic
from typing import Any

import pytest

from tests.command import ENVIRONMENT, PROGRAM

NOBODY = 65534

BROWSER = """#!/bin/sh
sh -c 'read forever' browser "$1" <"$0.lives" >/dev/null 2>&1 &
"""
"""A browser that shows its command line for as long as it lives, as they do."""

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")


@dataclass
class Machine:
    """A console that has opened a browser, on a machine that others use as well."""

    process: subprocess.Popen[str]
    folder: Path
    told: str = ""

    @property
    def file(self) -> Path:
        """The file that leads the browser to the link."""
        (found,) = self.folder.glob("rollcall-console-*.html")
        return found

    def stop(self) -> str:
        """End the console as Ctrl-C does; return what the terminal was told."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGINT)
            self.told = self.process.communicate(timeout=30)[0]
        return self.told


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(mkdtemp(prefix="rollcall-machine-"))
    folder.chmod(0o1777)  # as /tmp is
    browser = folder / "browser"
    browser.write_text(BROWSER)
    browser.chmod(0o755)
    os.mkfifo(f"{browser}.lives")
    lives = os.open(f"{browser}.lives", os.O_RDWR)
    environment = {
        **ENVIRONMENT,
        "BROWSER": f"{browser} %s",
        "TMPDIR": str(folder),
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
    words = [PROGRAM, "--state", str(folder / "state"), "console"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True
    )
    assert process.stdout is not None
    assert "works once" in process.stdout.readline()
    made = Machine(process, folder)
    try:
        yield made
    finally:
        made.stop()
        os.close(lives)  # the browser ends
        shutil.rmtree(folder)


def as_nobody(act: Callable[[], Any]) -> Any:
    """Return what another user finds out."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(write, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as found:
        text = found.read()
    os.waitpid(child, 0)
    return json.loads(text)


def commands() -> list[str]:
    """Return the command lines of everybody."""
    lines = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(each.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return lines


def opened(paths: list[str]) -> list[str]:
    """Return those of some paths that can be opened, listed, renamed, deleted or replaced."""
    found = []
    acts: tuple[Callable[[str], Any], ...] = (
        lambda path: Path(path).read_bytes(),
        os.listdir,
        lambda path: Path(path).rename(f"{path}.mine"),
        os.unlink,
        lambda path: Path(path).symlink_to("/dev/null"),
        lambda path: os.open(path, os.O_WRONLY),
    )
    for path in paths:
        for number, act in enumerate(acts):
            try:
                act(path)
                found.append(f"{path} {number}")
            except OSError:
                continue
    return found


def below(folder: str) -> list[str]:
    """Return the content of all files below a folder, as far as it can be read."""
    found = []
    for parent, _, files in os.walk(folder):
        for each in files:
            path = Path(parent) / each
            if stat.S_ISREG(path.lstat().st_mode) and os.access(path, os.R_OK):
                found.append(path.read_bytes().decode(errors="replace"))
    return found


def asked(port: int, method: str, path: str, body: str = "", **headers: str) -> int:
    """Return how the console answers a program that says what a browser would."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    origin = f"http://127.0.0.1:{port}"
    own = {"Origin": origin, "Sec-Fetch-Site": "same-origin", **headers}
    connection.request(method, path, body or None, own)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def taken(port: int) -> list[str]:
    """Return the addresses of a port that another can listen on as well."""
    found = []
    for address in ("127.0.0.1", "0.0.0.0"):  # what is tried in vain
        with socket.socket() as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            try:
                own.bind((address, port))
                own.listen()
                found.append(address)
            except OSError:
                continue
    return found


def test_another_user_gets_nowhere_and_the_terminal_is_told_no_secret(machine: Machine) -> None:
    file, folder, process = machine.file, str(machine.folder), f"/proc/{machine.process.pid}"
    (link,) = re.findall(r"url=(http://127\.0\.0\.1:\d+/#[\w-]+)", file.read_text())
    port, code = int(link.rpartition(":")[2].partition("/")[0]), link.partition("#")[2]
    inside = [f"{process}/{each}" for each in ("environ", "mem", "maps", "fd", "cwd")]

    lines = as_nobody(commands)
    assert [each for each in lines if str(file) in each] != []  # so much is seen of the browser
    assert [each for each in lines if code in each] == []
    assert as_nobody(lambda: opened([str(file), *inside])) == []
    assert [each for each in as_nobody(lambda: below(folder)) if code in each] == []
    assert as_nobody(lambda: asked(port, "POST", "/sign-in", "guessed")) == 403
    assert as_nobody(lambda: asked(port, "GET", "/guessed/")) == 404
    assert as_nobody(lambda: taken(port)) == []

    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    own = {"Origin": link.partition("/#")[0], "Sec-Fetch-Site": "same-origin"}
    connection.request("POST", "/sign-in", code, own)
    answer = connection.getresponse()
    cookie = str(answer.getheader("set-cookie")).partition(";")[0]
    root = json.loads(answer.read())["path"]
    connection.close()
    assert asked(port, "GET", f"{root}work", Cookie=cookie) == 200
    assert as_nobody(lambda: asked(port, "POST", "/sign-in", code)) == 403
    assert as_nobody(lambda: asked(port, "GET", f"{root}work")) == 401
    found = "\n".join([*as_nobody(commands), *as_nobody(lambda: below(folder))])
    assert [each for each in (code, cookie, root) if each in found] == []

    until = monotonic() + 30
    while file.exists() and monotonic() < until:
        assert asked(port, "GET", "/") == 200
    assert not file.exists()

    ask_strangely(port)
    assert "secret" not in machine.stop()
    assert [each for each in (code, cookie, root) if each in machine.stop()] == []


def ask_strangely(port: int) -> None:
    """Send what should not get to the terminal of the person."""
    for path in ("/secret-path", "/%00", "/secret-path?x=secret-value"):
        assert asked(port, "GET", path, Cookie="secret-cookie=1") == 404
    assert asked(port, "POST", "/sign-in", "secret-code") == 403
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(b"secret\x00request\r\n\r\n")
        assert raw.recv(1_000).startswith(b"HTTP/1.1 400")
