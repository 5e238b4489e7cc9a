"""An emulator of AWS on loopback that can deploy a whole stack, with Lambda's Python.

It evaluates IAM policies, and runs each function with a session of its role.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-rehearsal" / "bin" / "python"
REGION = "eu-west-1"
"""A region that no other test uses."""

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 60.0
_KEY = "test"
"""The emulator's root credentials, key and secret."""


class NotReadyError(RuntimeError):
    """A rehearsal cannot run; the message is one sentence."""


@dataclass(frozen=True)
class Cloud:
    """A running emulator, and its folder."""

    port: int
    folder: Path

    @property
    def endpoint(self) -> str:
        """The URL of the emulator."""
        return f"http://{_LOOPBACK}:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of a program that uses it, without the variables of this user."""
        return {
            "PATH": os.pathsep.join((str(ROOT / ".venv-sam" / "bin"), os.environ["PATH"])),
            "HOME": str(self.folder),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": _KEY,
            "AWS_SECRET_ACCESS_KEY": _KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAM_CLI_TELEMETRY": "0",
            "COLUMNS": "200",
        }

    def client(self, service: str) -> Any:
        """Return a client of a service."""
        session: Any = boto3.session.Session(_KEY, _KEY, region_name=REGION)
        return session.client(service, endpoint_url=self.endpoint)

    def url(self, api: str, stage: str) -> str:
        """Return the URL of an API; names below localhost are this machine (RFC 6761, 6.3)."""
        return f"http://{api}.execute-api.localhost:{self.port}/{stage}"


@contextmanager
def running(folder: Path, port: int = 0) -> Iterator[Cloud]:
    """Run an empty emulator until the block ends. Raises NotReadyError."""
    if not PYTHON.exists():
        raise NotReadyError("there is no environment for it: run `make rehearse`")
    cloud = Cloud(port or _free_port(), folder)
    log = folder / "emulator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # what `make rehearse` has installed
            [str(PYTHON), "-I", "-X", "utf8", "-m", "ministack"],
            env=_environment(cloud),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait(cloud, process, log)
        yield cloud
    finally:
        # The functions' processes too.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _environment(cloud: Cloud) -> dict[str, str]:
    # Nothing is inherited: a dozen variables would open ports or reach for Docker.
    return {
        "PATH": os.defpath,
        "HOME": str(cloud.folder),
        "TMPDIR": str(cloud.folder),
        "BIND_HOST": _LOOPBACK,
        "GATEWAY_PORT": str(cloud.port),
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        # On by default, and listens on every interface.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It removes containers that it takes for its own.
        "DOCKER_HOST": "unix:///nonexistent",
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((_LOOPBACK, 0))
        port: int = found.getsockname()[1]
        return port


def _wait(cloud: Cloud, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{cloud.endpoint}/_ministack/health", trust_env=False).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(errors="replace").splitlines()[-12:]
    raise NotReadyError("\n".join(["the emulator did not start:", *said]))
