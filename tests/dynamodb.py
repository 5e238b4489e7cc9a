"""A DynamoDB in a process of its own (dynoxide, over SQLite), which starts in milliseconds.

`make install` gets it from npm, where npm is and the platform has one.

What many tests begin with is made once and copied into the table of each, in a call or two.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from rollcall.runtime.services import Services

_BATCH = 25
_HOME = Path(sys.prefix).parent / ".engine"
_START_SECONDS = 30


def program() -> Path | None:
    """Return where the engine is installed, None where it is not."""
    return next(_HOME.glob("node_modules/@dynoxide/*/dynoxide"), None)


@contextmanager
def running(program: Path) -> Iterator[str]:
    """Run an engine that keeps everything in memory, and yield its URL."""
    port = _free_port()
    with subprocess.Popen(
        [program, "serve", "--port", str(port)],
        env={"PATH": os.defpath},
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in the terminal is for the tests alone
        preexec_fn=_end_with_the_parent if sys.platform == "linux" else None,  # noqa: PLW1509
    ) as process:
        try:
            _wait_until_it_listens(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def copied(services: Services) -> list[dict[str, Any]]:
    """Return all items of a table."""
    pages = services.clients.dynamodb.get_paginator("scan").paginate(
        TableName=services.table.name, ConsistentRead=True
    )
    return [item for page in pages for item in page["Items"]]


def paste(services: Services, items: list[dict[str, Any]]) -> None:
    """Put items of another table into a table, as they are."""
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        puts: Any = [{"PutRequest": {"Item": item}} for item in batch]
        done = services.clients.dynamodb.batch_write_item(RequestItems={services.table.name: puts})
        assert not done["UnprocessedItems"]


def _end_with_the_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise RuntimeError(f"{process.args!r} does not answer")
