"""The functions in containers, by the SAM CLI: each event by itself, or all through its API."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from events import gateway
from events.case import Case, given
from events.template import ROOT

ENVIRONMENT = ROOT / ".aws-sam" / "env.json"
"""The environment file of `sam local`, as named in samconfig.toml."""

SAM = ROOT / ".venv-sam" / "bin" / "sam"

_START_SECONDS = 240.0


class SamError(RuntimeError):
    """The SAM CLI failed; the message is its output."""


def write_environment(url: str, file: Path = ENVIRONMENT) -> Path:
    """Write the environment for `sam local`, with AWS at a URL."""
    file.parent.mkdir(exist_ok=True)
    parameters = {**given(), "AWS_ENDPOINT_URL": url}
    file.write_text(json.dumps({"Parameters": parameters}, indent=2))
    return file


def invoke(case: Case, environment: Path) -> Any:
    """Return the answer of a function to an event, in a container of its own. Raises SamError."""
    command = [str(SAM), "local", "invoke", case.function]
    command += ["--event", f"events/{case.name}.json", "--env-vars", str(environment)]
    done = subprocess.run(  # noqa: S603  # the SAM CLI and files of ours
        command, cwd=ROOT, env=_environment(), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SamError(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.strip().splitlines()[-1])


class Api:
    """The API that the SAM CLI serves, with a container for each function."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(timeout=120, trust_env=False)

    def invoke(self, case: Case) -> Any:
        """Send the request of an event, and return the answer in the form of a function's."""
        sent = gateway.request(case.event)
        answer = self._client.request(
            sent.method, f"{self._url}{sent.target}", headers=sent.headers, content=sent.body
        )
        # What precedes a path is another here, and there is no stage.
        text = answer.text.replace(self._url, f"https://{gateway.HOST}/{gateway.STAGE}")
        return {
            "statusCode": answer.status_code,
            "headers": dict(answer.headers),
            "body": text,
            "isBase64Encoded": False,
        }


@contextmanager
def api(environment: Path, log: Path) -> Iterator[Api]:
    """Serve the API on loopback, all containers started before. Raises SamError."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(SAM), "local", "start-api", "--warm-containers", "EAGER", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # the SAM CLI and files of ours
            [*command, "--env-vars", str(environment)],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait(port, process, log)
        yield Api(f"http://127.0.0.1:{port}")
    finally:
        # It takes its containers with it. Ctrl-C is ignored where whoever called us ignores it.
        process.terminate()
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SamError("\n".join(log.read_text(errors="replace").splitlines()[-12:]))


def _environment() -> dict[str, str]:
    return {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
