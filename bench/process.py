"""A process of a server: started for a block, with the CPU and the memory that it takes (Linux)."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_START_SECONDS = 60.0


class StartError(RuntimeError):
    """A server did not start; the message is the end of its output."""


@dataclass(frozen=True)
class Process:
    """A running process that listens on a port of loopback."""

    pid: int
    port: int

    def cpu(self) -> float:
        """Return the seconds of CPU of all its threads so far."""
        # The id that clock_getcpuclockid(3) returns; the clock counts nanoseconds, /proc ticks.
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory(self) -> float:
        """Return the resident memory in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0


@contextmanager
def running(
    command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """Run a server until the block ends; `{port}` in its command is a free port.

    Raises StartError.
    """
    port = _free_port()
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [word.replace("{port}", str(port)) for word in command],
            env={"PATH": os.environ.get("PATH", os.defpath), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is for the bench alone
            preexec_fn=_end_with_the_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        ) as process,
    ):
        try:
            _wait_until_it_listens(port, process, log)
            yield Process(process.pid, port)
        finally:
            process.kill()


def _end_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    said = log.read_text(errors="replace").splitlines()[-8:]
    raise StartError(" ".join(["it did not start:", *said]))
