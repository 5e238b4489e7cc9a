"""The built functions under Lambda's runtime, over an emulator, with every call recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from events import endpoint, runtime
from events.__main__ import environment
from events.runtime import Function
from events.template import Template
from rollcall.runtime.services import Services
from tests.conftest import Server
from tests.sam import played
from tests.sam.played import Exchanges
from tests.sam.recorder import Recorder, recording
from tests.sam.through import ThroughGateway


@dataclass(frozen=True)
class Deployed:
    """Every function of the template, running, and what each asks of AWS."""

    services: Services
    functions: dict[str, Function]
    recorders: dict[str, Recorder]


@pytest.fixture(scope="session")
def built() -> None:
    """See that the functions are as `make build-local` makes them of what stands here."""
    try:
        runtime.check_built()
    except runtime.NotBuiltError as missing:
        if os.environ.get("ROLLCALL_CI"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def deployed(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """All functions, running."""
    logs = tmp_path_factory.mktemp("functions")
    with ExitStack() as stack:
        services = stack.enter_context(endpoint.running(logs))
        url = services.clients.dynamodb.meta.endpoint_url
        names = Template().functions()
        recorders = {name: stack.enter_context(recording(url)) for name in names}
        functions = {
            name: stack.enter_context(runtime.running(name, logs, environment(recorders[name].url)))
            for name in names
        }
        yield Deployed(services, functions, recorders)


@pytest.fixture(scope="session")
def answered(deployed: Deployed) -> dict[str, list[str]]:
    """The faults of the answers to all events, which go first: on what was seeded."""
    return played.events(deployed.services, deployed.functions)


@pytest.fixture(scope="session")
def through(
    deployed: Deployed,
    answered: dict[str, list[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ThroughGateway]:
    """The way to the functions, with a local server over the same data beside it."""
    url = deployed.services.clients.dynamodb.meta.endpoint_url
    http = Server(tmp_path_factory.mktemp("http"), "--endpoint-url", url)
    way = ThroughGateway(deployed.functions, http.running.url)
    try:
        yield way
    finally:
        way.disconnect()
        http.stop()


@pytest.fixture(scope="session")
def exchanges(deployed: Deployed, through: ThroughGateway) -> Exchanges:
    """Exchanges through the gateway, each played once however many tests ask for it."""
    return Exchanges(deployed.services, through)
