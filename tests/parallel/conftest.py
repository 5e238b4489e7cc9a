"""A server in this process, whose storage has the conflicts of DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import pytest

from rollcall.aws.clients import Clients, connect
from rollcall.dev import local_server
from rollcall.model.tenant_url import tenant_url
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.storage.table import Table
from tests.conftest import Server, Tenant
from tests.parallel import crowd
from tests.parallel.conflicts import Conflicting
from tests.serving import serving
from tests.storage import consistency

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Contended:
    """A tenant of a server whose transactions conflict as those of DynamoDB do."""

    services: Services
    storage: Conflicting
    tenant: str
    api: httpx.Client

    def at_once(self, work: Callable[[T], R], over: Iterable[T]) -> list[R]:
        """Do the work of all at once; their transactions are in each other's way."""
        with self.storage.contention():
            return crowd.at_once(work, over)


Contend = Callable[..., Contended]


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest, dynamodb_url: str | None) -> str:
    """Where a DynamoDB is that takes many threads: moto does not."""
    if dynamodb_url is not None:
        return dynamodb_url
    server: Server = request.getfixturevalue("server")
    return server.running.endpoint_url


@pytest.fixture
def contend(endpoint: str, services: Services) -> Iterator[Contend]:
    """Return what starts such a server; everything has to agree in the end, after conflicts."""
    settings = Settings(table=f"t{uuid4().hex}")
    clients = Clients(connect(endpoint).dynamodb, services.clients.secretsmanager)
    calm = Services(settings, clients)
    local_server.create_table(calm)
    token = calm.tenants.create("acme")
    with ExitStack() as ending:

        def start(max_actions: int = 100) -> Contended:
            conflicting: Any = Conflicting(clients.dynamodb)
            services = Services(settings, Clients(conflicting, clients.secretsmanager))
            services.table = Table(conflicting, settings.table, max_actions=max_actions)
            url = tenant_url(ending.enter_context(serving(services)), "acme")
            api = ending.enter_context(Tenant("acme", url, token).client())
            ending.callback(consistency.check, calm, "acme")
            api.get("/Users")  # the first use of a token is noted, which is in nobody's way
            return Contended(services, conflicting, "acme", api)

        yield start
    clients.dynamodb.delete_table(TableName=settings.table)
