"""A local server as a child process, which is always stopped at the end."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

TENANT = "acme"
PATIENCE = 120.0
"""Seconds until the server must be ready; the first start on a machine fills its caches."""
GRACE = 70.0
"""The seconds in which it has to stop; its database is saved first."""


class NotStarted(Exception):  # noqa: N818 - one sentence for whoever ran the demo
    """The local server did not start; the message says why, as far as it is known."""


@contextlib.contextmanager
def running() -> Iterator[tuple[str, str]]:
    """Run `rollcall serve` on a free port and yield the tenant's URL and token."""
    with _folder() as folder, _serving(folder) as endpoint:
        yield endpoint


@contextlib.contextmanager
def handing_over() -> Iterator[str]:
    """Run a server that trusts issuers on this machine, and yield a link to its hand-over page."""
    with _folder() as folder, _serving(folder, "--trust-loopback-issuer"):
        made = subprocess.run(  # noqa: S603 - our own command with fixed arguments
            [str(_command()), "--state", str(folder / "state"), "handover", TENANT, "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NotStarted(f"there is no hand-over link: {made.stderr.strip()}")
        yield json.loads(made.stdout)["link"]


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="rollcall-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _command() -> Path:
    command = Path(sys.executable).parent / "rollcall"
    if not command.exists():
        raise NotStarted(f"there is no rollcall command beside {sys.executable}; try make install")
    return command


@contextlib.contextmanager
def _serving(folder: Path, *options: str) -> Iterator[tuple[str, str]]:
    arguments = ["serve", "--port", "0", "--fresh", "--tenant", TENANT, "--json"]
    command, log = _command(), folder / "server.log"
    with log.open("wb") as errors:
        # A session of its own: Ctrl-C reaches this program alone, which then stops the server.
        child = subprocess.Popen(  # noqa: S603 - our own command with fixed arguments
            [str(command), *arguments, "--state", str(folder / "state"), *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    try:
        yield _ready(child, log)
    finally:
        _stop(child)


def _ready(child: subprocess.Popen[bytes], log: Path) -> tuple[str, str]:
    assert child.stdout is not None  # noqa: S101 - it was asked for above
    line = _first_line(child.stdout)
    try:
        tenant = json.loads(line)["tenants"][TENANT]
        return tenant["url"], tenant["token"]
    except (ValueError, KeyError, TypeError) as error:
        said = log.read_text(errors="replace").strip().splitlines()
        reason = said[-1] if said else line.decode(errors="replace").strip() or "it said nothing"
        raise NotStarted(f"the local server did not start: {reason}") from error


def _first_line(stdout: IO[bytes]) -> bytes:
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        return stdout.readline() if selector.select(PATIENCE) else b""


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            # Its whole session, so that nothing it started outlives it.
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if child.stdout is not None:
        child.stdout.close()
