"""The peers: Rollcall and other SCIM servers, each started empty on loopback."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import installation, meter, process, server
from bench.installation import AbsentError
from bench.load import Target
from bench.meter import Meter
from bench.process import LOOPBACK, Process
from events import runtime
from rehearsal import cloud, localhost
from rehearsal.stack import CommandError, Stack
from rollcall.dev import emulator, local_server
from tests import dynamodb

TENANT = "bench"
_TOKEN = "bench"
"""The token of the peers that keep none, as their programs have it."""


@dataclass(frozen=True)
class Running:
    """A peer that runs: its process where it is one, and that of its database where it has one."""

    target: Target
    process: Process | None = None
    database: Process | None = None


@dataclass(frozen=True)
class Peer:
    """A peer by name; `run` starts it for a block, and raises AbsentError or StartError.

    `copied` says that its users can be copied in its database, `emulated` that it runs in an
    emulator, whose figures are not its own.
    """

    name: str
    version: str
    run: Callable[[], AbstractContextManager[Running]]
    copied: bool = False
    emulated: bool = False


@contextmanager
def rollcall() -> Iterator[Running]:
    """Run Rollcall over the DynamoDB engine of the tests."""
    with _engine() as database, _serving(database, database.port) as running:
        yield running


@contextmanager
def metered() -> Iterator[tuple[Running, Meter]]:
    """Run it with a meter in front of the engine."""
    with (
        _engine() as database,
        meter.running(database.port) as between,
        _serving(database, between.server_port) as running,
    ):
        yield running, between


@contextmanager
def _engine() -> Iterator[Process]:
    engine = dynamodb.program()
    if engine is None:
        raise AbsentError("the DynamoDB engine is not installed: make install")
    command = [str(engine), "serve", "--port", "{port}"]
    with _folder() as folder, process.running(command, folder / "log") as database:
        yield database


@contextmanager
def _serving(database: Process, port: int) -> Iterator[Running]:
    with _folder() as folder, emulator.running(folder / "emulator", fresh=True) as secrets:
        data = f"http://{LOOPBACK}:{port}"
        services = server.services(data, secrets)
        local_server.create_table(services)
        token = services.tenants.create(TENANT)
        command = [sys.executable, "-m", "bench.server", "{port}", data, secrets]
        with process.running(command, folder / "server.log") as serving:
            url = f"http://{LOOPBACK}:{serving.port}/scim/{TENANT}/v2"
            yield Running(Target(url, token), serving, database)


@contextmanager
def scim2_server() -> Iterator[Running]:
    """Run scim2-server in memory behind waitress."""
    home = installation.python()
    listen = f"--listen={LOOPBACK}:{{port}}"
    command = [str(home / "bin" / "waitress-serve"), listen, "--threads=8", "scim2_server_app:app"]
    sources = {"PYTHONPATH": str(installation.SOURCES)}
    with _folder() as folder, process.running(command, folder / "log", sources) as serving:
        yield Running(Target(f"http://{LOOPBACK}:{serving.port}/v2", _TOKEN), serving)


@contextmanager
def scimmy() -> Iterator[Running]:
    """Run SCIMMY in memory behind its routers."""
    command = ["node", str(installation.node() / "scimmy.mjs"), "{port}"]
    production = {"NODE_ENV": "production"}
    with _folder() as folder, process.running(command, folder / "log", production) as serving:
        yield Running(Target(f"http://{LOOPBACK}:{serving.port}/scim", _TOKEN), serving)


@contextmanager
def deployed() -> Iterator[Running]:
    """Run Rollcall as the template deploys it: a gateway and the built functions, emulated."""
    localhost.resolve()
    try:
        with _folder() as folder, cloud.running(folder) as emulated:
            runtime.check_built()
            stack = Stack(emulated, "bench")
            stack.deploy()
            made = stack.json("tenants", "create", TENANT)
            yield Running(Target(stack.local_url(made["url"]), made["token"]))
    except (cloud.NotReadyError, runtime.NotBuiltError, CommandError) as error:
        raise AbsentError(str(error)) from error


ROLLCALL = Peer("Rollcall", "this checkout", rollcall, copied=True)
PEERS = (
    ROLLCALL,
    Peer("scim2-server", "0.8.3, waitress 3.0.2, in memory", scim2_server),
    Peer("SCIMMY", "1.3.5, Express 4, in memory", scimmy),
    Peer(
        "Rollcall, deployed", "this checkout, built, over an AWS emulator", deployed, emulated=True
    ),
)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Path(folder)
