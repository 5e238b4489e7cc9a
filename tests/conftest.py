"""The real parts that tests share: a local server over HTTP, and tables of their own."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import boto3
import httpx
import pytest
from moto import mock_aws

from rollcall.aws.clients import Clients, connect
from rollcall.dev import emulator, local_server
from rollcall.model.tenant_url import tenant_url
from rollcall.operations import running_server
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from tests import dynamodb, endpoint
from tests.faults.points import Points, lines

_READY_SECONDS = 60


@dataclass(frozen=True)
class Tenant:
    """A tenant of the local server, empty when it is made."""

    name: str
    url: str
    token: str

    def client(self) -> httpx.Client:
        """Return an HTTP client of the tenant's endpoint."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=30,
            verify=False,  # over HTTP, where reading the certificates takes longer than the rest
        )


@dataclass(frozen=True)
class Engines:
    """Where the DynamoDB of a local server is, and everything else of AWS."""

    dynamodb_url: str
    emulator_url: str

    def clients(self) -> Clients:
        """Return clients of both, without the way over the URL that joins them."""
        return Clients(
            connect(self.dynamodb_url).dynamodb, connect(self.emulator_url).secretsmanager
        )


class Server:
    """The local server, as `rollcall serve` starts it."""

    def __init__(self, state: Path, *more: str, engines: Engines | None = None) -> None:
        self.state = state
        self.log = state / "server.log"
        self._numbers = count(1)
        program = str(Path(sys.executable).parent / "rollcall")
        command = [program, "--state", str(state), "serve"]
        options = ["--port", "0", "--fresh", "--json", "--tenant", "first", *more]
        environment = {key: value for key, value in os.environ.items() if "AWS" not in key}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *options], stdout=subprocess.PIPE, stderr=log, env=environment
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the local server did not start: {self.log.read_text()[-2000:]}")
        self.announced = json.loads(line)
        running = running_server.find(state)
        assert running is not None
        self.running = running
        self.engines = engines or Engines(running.endpoint_url, running.endpoint_url)
        self.services = Services(
            Settings(endpoint_url=running.endpoint_url), self.engines.clients()
        )

    def tenant(self) -> Tenant:
        """Return a new tenant."""
        name = f"t{next(self._numbers)}"
        token = self.services.tenants.create(name)
        return Tenant(name, tenant_url(self.running.url, name), token)

    def stop(self) -> int:
        """End the server as Ctrl-C does; returns its exit code."""
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(30)
        finally:
            self._process.kill()
            if self._process.stdout is not None:
                self._process.stdout.close()


@contextmanager
def started(state: Path) -> Iterator[Server]:
    """Run a local server with an AWS of its own.

    Its DynamoDB is the engine where that is installed; elsewhere it is the emulator's, which takes
    several times as long.
    """
    _require_emulator()
    with ExitStack() as stack:
        options, engines = [], None
        if program := dynamodb.program():
            engines = Engines(
                stack.enter_context(dynamodb.running(program)),
                stack.enter_context(emulator.running(state / "emulator", fresh=True)),
            )
            url = endpoint.joined(engines.dynamodb_url, engines.emulator_url)
            options = ["--endpoint-url", stack.enter_context(url)]
        server = Server(state, *options, engines=engines)
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A local server for all tests over HTTP, each of which makes a tenant of its own."""
    with started(tmp_path_factory.mktemp("server")) as shared:
        yield shared


@pytest.fixture
def tenant(server: Server) -> Iterator[Tenant]:
    """A new tenant of the local server, whose secret goes in the end: to list them takes long."""
    made = server.tenant()
    yield made
    server.services.tenants.delete(made.name)


@pytest.fixture
def api(tenant: Tenant) -> Iterator[httpx.Client]:
    """An HTTP client of a new tenant."""
    with tenant.client() as client:
        yield client


@pytest.fixture(scope="session")
def dynamodb_url() -> Iterator[str | None]:
    """Where a DynamoDB of this process's own answers; None where moto has to do instead."""
    program = dynamodb.program()
    if program is None:
        if os.environ.get("ROLLCALL_CI"):
            pytest.fail("the DynamoDB engine is not installed: make install")
        yield None
        return
    with dynamodb.running(program) as url:
        yield url


@pytest.fixture(scope="session")
def clients(dynamodb_url: str | None) -> Clients:
    """Clients of that DynamoDB, and of a Secrets Manager where it is mocked.

    To make them takes longer than most tests.
    """
    return made_clients(dynamodb_url)


def made_clients(dynamodb_url: str | None) -> Clients:
    """Return clients of a DynamoDB, and of a Secrets Manager where it is mocked."""
    session = boto3.session.Session("test", "test", region_name="eu-west-1")
    own = session.client("dynamodb") if dynamodb_url is None else connect(dynamodb_url).dynamodb
    return Clients(own, session.client("secretsmanager"))


@pytest.fixture
def services(clients: Clients) -> Iterator[Services]:
    """A table and secrets of a test's own in memory."""
    with deployment(clients) as services:
        yield services


@contextmanager
def deployment(clients: Clients, settings: Settings | None = None) -> Iterator[Services]:
    """Yield a table and secrets in memory, which go when the block ends."""
    with mock_aws():
        services = Services(settings or Settings(), clients)
        local_server.create_table(services)
        local_server.create_signing_key(services)
        try:
            yield services
        finally:
            services.clients.dynamodb.delete_table(TableName=services.table.name)


@pytest.fixture
def calls(services: Services) -> Iterator[list[str]]:
    """The names of the calls to DynamoDB, in their order."""
    made: list[str] = []

    def note(model: object, **_: object) -> None:
        made.append(getattr(model, "name", ""))

    events = services.clients.dynamodb.meta.events
    events.register("before-call.dynamodb", note)
    yield made
    events.unregister("before-call.dynamodb", note)


MARKERS_OF_FIXTURES = {
    "server": "emulator",
    "home": "emulator",
    "built": "built",
    "browser": "browser",
}
MARKERS_OF_FOLDERS = {
    "clients": "slow",
    "cost": "slow",
    "faults": "faults",
    "fuzz": "slow",
    "parallel": "slow",
    "sam": "built",
    "scenario": "slow",
    "statemachine": "slow",
}


def pytest_collection() -> None:
    """Collect tests without collecting garbage, which looks at all of them time and again."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Collect garbage again."""
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their folder and by what they use.

    Work is stolen from the end of what a process has left: what shares the built functions, which
    take long to start, comes first and so stays in one process.
    """
    for item in items:
        folder = item.path.relative_to(config.rootpath / "tests").parts[0]
        markers = {MARKERS_OF_FIXTURES.get(name) for name in getattr(item, "fixturenames", [])}
        for marker in (markers | {MARKERS_OF_FOLDERS.get(folder)}) - {None}:
            item.add_marker(str(marker))
    items.sort(key=lambda item: item.get_closest_marker("built") is None)


def _require_emulator() -> None:
    """Skip where the emulator is not installed; where CI runs, fail."""
    if not emulator.environment().exists() and not os.environ.get("ROLLCALL_CI"):
        pytest.skip("the emulator is not installed: make install")


@pytest.fixture
def points(request: pytest.FixtureRequest) -> Iterator[Points]:
    """Where a test injects something, by what; shown at the end of the run when it passes."""
    counted: Points = Counter()
    yield counted
    request.node.user_properties.append((request.node.originalname, dict(counted)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show where something was injected and all came out right."""
    failed = {report.nodeid for report in terminalreporter.getreports("failed")}
    found = [
        (name, report.nodeid, Counter(counted))
        for report in terminalreporter.getreports("")
        if report.when == "teardown" and report.nodeid not in failed
        for name, counted in report.user_properties
        if isinstance(counted, dict)
    ]
    if found:
        terminalreporter.section("injection points, all converged")
        for line in lines(found):
            terminalreporter.write_line(line)
