"""What the tests of pages share: a deployment whose secrets can be changed, and a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollcall.runtime.services import Services
from tests.conftest import Server
from tests.console.consoles import Visitor, visitor
from tests.tenants.conftest import own_services

ARN = "operator:arn:aws:sts::111122223333:assumed-role/Support/ann@x.test"


@pytest.fixture
def deployed(server: Server) -> Services:
    """A deployment of a test's own; moto cannot change a secret by compare-and-swap."""
    return own_services(server)


@pytest.fixture
def ann(deployed: Services) -> Visitor:
    """A person at the console of that deployment."""
    return visitor(deployed, ARN)


@pytest.fixture
def calls(deployed: Services) -> Iterator[list[str]]:
    """The names of the calls to AWS since the list was cleared."""
    noted: list[str] = []

    def note(model: object, **_: object) -> None:
        noted.append(str(getattr(model, "name", model)))

    clients = deployed.clients
    events = (clients.dynamodb.meta.events, clients.secretsmanager.meta.events)
    for each in events:
        each.register("before-call", note)
    yield noted
    for each in events:
        each.unregister("before-call", note)
