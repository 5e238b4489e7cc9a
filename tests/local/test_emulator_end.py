"""The emulator ends with its parent, however that ends, and keeps what it held."""

import fcntl
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rollcall.dev import emulator
from tests.local.people import create_table, people, put
from tests.local.processes import DEADLINE, NEEDS_PROC, ends, listening_process

pytestmark = pytest.mark.slow


# Signals have their usual effect, also where whoever runs the tests ignores them.
PARENT = """
import signal
import sys
from pathlib import Path
from rollcall.dev import emulator

signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
with emulator.running(Path(sys.argv[1]), home=Path(sys.argv[2])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


class Parent:
    """Another process that runs an emulator, to be killed."""

    def __init__(self, state: Path, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, state, home],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().strip()


@contextmanager
def parent(state: Path, home: Path) -> Iterator[Parent]:
    started = Parent(state, home)
    try:
        yield started
    finally:
        with started.process:
            started.process.kill()


@NEEDS_PROC
def test_ctrl_c_ends_the_emulator_and_keeps_state(tmp_path: Path, home: Path) -> None:
    with parent(tmp_path, home) as other:
        create_table(other.url)
        child = listening_process(other.url)
        assert os.getsid(child) == child, "Ctrl-C would reach it"
        os.killpg(other.process.pid, signal.SIGINT)
        other.process.wait(DEADLINE)
        assert ends(child)
    with emulator.running(tmp_path, home=home) as url:
        assert people(url) == {"ada"}


@NEEDS_PROC
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_killed_parent_leaves_no_child_and_loses_nothing(
    tmp_path: Path, home: Path, kill: signal.Signals
) -> None:
    with parent(tmp_path, home) as other:
        create_table(other.url)
        child = listening_process(other.url)
        other.process.send_signal(kill)
        other.process.wait(DEADLINE)
        # At once: this start waits until the child has saved and let go of the directory.
        with emulator.running(tmp_path, home=home) as url:
            assert ends(child)
            assert people(url) == {"ada"}


@NEEDS_PROC
def test_the_directory_stays_locked_until_the_child_has_saved(tmp_path: Path, home: Path) -> None:
    with parent(tmp_path, home) as other, (tmp_path / "emulator.lock").open() as lock:
        child = listening_process(other.url)
        os.kill(child, signal.SIGSTOP)
        try:
            other.process.kill()
            other.process.wait(DEADLINE)
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.kill(child, signal.SIGCONT)
        assert ends(child)


@NEEDS_PROC
def test_an_emulator_that_is_killed_is_said(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        create_table(url)
    running = emulator.running(tmp_path, home=home)
    url = running.__enter__()
    put(url, "bob")
    os.kill(listening_process(url), signal.SIGKILL)
    with pytest.raises(emulator.EmulatorError, match="status -9 and did not save"):
        running.__exit__(None, None, None)
    with emulator.running(tmp_path, home=home) as url:
        assert people(url) == {"ada"}


def test_open_connections_do_not_delay_the_end(tmp_path: Path, home: Path) -> None:
    with emulator.running(tmp_path, home=home) as url:
        address = urlsplit(url)
        idle = http.client.HTTPConnection(str(address.hostname), address.port, timeout=DEADLINE)
        idle.request("GET", "/_ministack/health")
        idle.getresponse().read()
        create_table(url)
        begin = time.monotonic()
    assert time.monotonic() - begin < DEADLINE
    idle.close()
    with emulator.running(tmp_path, home=home) as url:
        assert people(url) == {"ada"}
