"""`rollcall serve`, as a developer starts it again and again."""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from rollcall.operations import running_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.tenants.tenants import Token
from tests.command import ENVIRONMENT, PROGRAM

pytestmark = pytest.mark.emulator


@contextmanager
def served(state: Path) -> Iterator[tuple[str, tuple[Token, ...]]]:
    """Serve a demo tenant; yields the line to try that is printed, and the tenant's tokens."""
    words = [PROGRAM, "--state", str(state), "serve", "--port", "0", "--tenant", "demo"]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT
    )
    assert process.stdout is not None
    line = next(each for each in iter(process.stdout.readline, "") if " Try " in each)
    running = running_server.find(state)
    assert running is not None
    services = Services(Settings(endpoint_url=running.endpoint_url))
    try:
        yield line, services.tenants.show("demo").tokens
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def asked(line: str) -> int:
    """Do what the line to try says, and return the status."""
    _, curl, _, header, url = shlex.split(line)
    assert curl == "curl"
    name, _, value = header.partition(": ")
    return httpx.get(url, headers={name: value}).status_code


def test_each_start_replaces_the_token_of_the_one_before(tmp_path: Path) -> None:
    with served(tmp_path) as (first, (before,)):
        assert asked(first) == 200
    with served(tmp_path) as (second, (after,)):
        assert asked(second) == 200

    assert before.id != after.id
    assert before.label == after.label == "local server"
    soon = datetime.now(UTC) + timedelta(days=31)
    assert datetime.fromisoformat(after.expires) < soon
