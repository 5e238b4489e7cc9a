"""The built functions under Lambda's own runtime, without Docker.

The runtime interface emulator, which the SAM CLI brings along, runs `awslambdaric` as Lambda does:
one process for each function, started by the first event, one event at a time.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events.template import ROOT, Template

BUILT = ROOT / ".aws-sam" / "local"
LAYER = BUILT / "Layer" / "python"
PYTHON = ROOT / ".venv-lambda" / "bin" / "python"

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 20.0
_INVOKE = "/2015-03-31/functions/function/invocations"
_INIT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)")
_INVOKED = re.compile(r"INVOKE RTDONE\(status: \w+.*?duration(?:Ms)?: ([0-9.]+)")


class NotBuiltError(RuntimeError):
    """The functions cannot run; the message is one sentence."""


@dataclass(frozen=True)
class Figures:
    """The milliseconds of a function: of each start and of each answer."""

    starts: list[float]
    answers: list[float]


class Function:
    """A running function; `invoke` takes one event at a time."""

    def __init__(self, name: str, port: int, log: Path) -> None:
        self.name = name
        self.log = log
        self._connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=60)

    def invoke(self, event: Any) -> Any:
        """Return the answer to an event; for a failure, the error of Lambda."""
        self._connection.request("POST", _INVOKE, json.dumps(event))
        return json.loads(self._connection.getresponse().read() or "null")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def figures(self) -> Figures:
        """Return the times of the starts and answers so far."""
        said = self.log.read_text(errors="replace")
        return Figures(
            [float(each) for each in _INIT.findall(said)],
            [float(each) for each in _INVOKED.findall(said)],
        )


@contextmanager
def running(
    name: str, logs: Path, given: Mapping[str, str], code: Path | None = None
) -> Iterator[Function]:
    """Run a built function, or other code in its place.

    `given` is its environment where the template leaves it open. Raises NotBuiltError.
    """
    emulator = _emulator()
    log = logs / f"{name}.log"
    port, runtime_port = _free_ports(2)
    command = [str(emulator)]
    # Without these two it would listen on every interface.
    command += ["--runtime-interface-emulator-address", f"{_LOOPBACK}:{port}"]
    command += ["--runtime-api-address", f"{_LOOPBACK}:{runtime_port}"]
    command += [str(PYTHON), "-m", "awslambdaric", "app.handler"]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # what `make build-local` has installed
            command,
            cwd=code or BUILT / name,
            env=environment(name, given),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    function = Function(name, port, log)
    try:
        _wait(port, process, log)
        yield function
    finally:
        function.close()
        # The emulator's child too.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def environment(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that Lambda and the template set for a function."""
    template = Template()
    properties = {**template.globals["Function"], **template.functions()[name]}
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(
            str(BUILT / layer / "python") for layer in template.layers(name)
        ),
        "LAMBDA_TASK_ROOT": str(BUILT / name),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(properties["Timeout"]),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",  # the emulator opens URLs that are signed with this pair
        "AWS_SECRET_ACCESS_KEY": "test",
        **template.environment(name, given),
    }


def check_built() -> None:
    """Raise NotBuiltError when the build is not from the current code."""
    _emulator()
    built = (BUILT / "template.yaml").stat().st_mtime
    sources = [*(ROOT / "layers").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    locked = (ROOT / "layers").glob("*/requirements.txt")
    for each in [*sources, *locked, ROOT / "template.yaml"]:
        if each.stat().st_mtime > built:
            raise NotBuiltError(
                f"{each.relative_to(ROOT)} has changed: run `make build-local` again"
            )


def machine() -> str:
    """Return the name of this processor in Lambda."""
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _emulator() -> Path:
    rapid = ".venv-sam/lib/python3*/site-packages/samcli/local/rapid"
    found = [*ROOT.glob(f"{rapid}/*-rie-{machine()}")]
    if not found or not PYTHON.exists() or not LAYER.exists():
        raise NotBuiltError("the functions are not built for this machine: run `make build-local`")
    return found[0]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((_LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((_LOOPBACK, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise NotBuiltError(f"the runtime did not start: {log.read_text(errors='replace')[-1000:]}")
