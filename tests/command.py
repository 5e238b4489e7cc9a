"""The `rollcall` command as tests type it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from rollcall.cli import main

PROGRAM = str(Path(sys.executable).parent / "rollcall")
ENVIRONMENT = {key: value for key, value in os.environ.items() if "AWS" not in key} | {
    "NO_COLOR": "1",
    "COLUMNS": "120",
}


def program(state: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [PROGRAM, "--state", str(state), *words],
        input=typed, capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT,
    )  # fmt: skip


def rollcall(state: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command within this process, which spares its imports."""
    command = [PROGRAM, "--state", str(state), *words]
    with (
        patch.dict(os.environ, ENVIRONMENT | environment, clear=True),
        patch.object(sys, "argv", command),
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
        pytest.raises(SystemExit) as end,
    ):
        main()
    return subprocess.CompletedProcess(
        command, int(end.value.code or 0), out.getvalue(), err.getvalue()
    )


def users(credentials: dict[str, str]) -> int:
    """Return the status of a request for users with a URL and a token."""
    headers = {"Authorization": f"Bearer {credentials['token']}"}
    # Over HTTP, where reading the certificates takes longer than the rest.
    return httpx.get(f"{credentials['url']}/Users", headers=headers, verify=False).status_code
