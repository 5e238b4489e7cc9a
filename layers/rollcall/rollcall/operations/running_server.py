"""The local server that runs on this machine, as its state directory names it."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from rollcall.operator_error import naming

STATE = Path(sys.prefix).parent / ".rollcall"
"""Where the local server keeps its data by default: beside this interpreter's environment."""

_FILE = "server.json"


@dataclass(frozen=True)
class RunningServer:
    """A local server: its own URL, and the endpoint that holds its data.

    `trusts_loopback` says that issuers on this machine may sign in.
    """

    url: str
    endpoint_url: str
    trusts_loopback: bool = False


def find(state: Path = STATE) -> RunningServer | None:
    """Return the local server that runs on this state directory, None when none does.

    Raises OperatorError for a directory that cannot be read.
    """
    file = state / _FILE
    with naming(file):
        if not file.is_file():
            return None
        text = file.read_text()
    with suppress(ValueError, OSError):  # the file is incomplete, or no server listens
        match json.loads(text):
            case {"url": str(url), "endpoint_url": str(endpoint)}:
                port = int(endpoint.rpartition(":")[2])
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return RunningServer(url, endpoint, json.loads(text).get("trusts_loopback", False))
    return None


@contextmanager
def announced(state: Path, server: RunningServer) -> Iterator[None]:
    """Name a server in its state directory for as long as it runs."""
    file = state / _FILE
    with naming(file):
        file.write_text(json.dumps(asdict(server)))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
