"""A server in this process, whose storage has the conflicts of DynamoDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import httpx
import pytest

from rollcall.aws.clients import Clients, connect
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


@pytest.fixture
def contend(server: Server, tenant: Tenant) -> Iterator[Contend]:
    """Return what starts such a server; everything has to agree in the end, after conflicts."""
    with ExitStack() as ending:

        def start(max_actions: int = 100) -> Contended:
            real = connect(server.running.endpoint_url)
            conflicting: Any = Conflicting(real.dynamodb)
            services = Services(Settings(), Clients(conflicting, real.secretsmanager))
            services.table = Table(conflicting, services.table.name, max_actions=max_actions)
            url = tenant_url(ending.enter_context(serving(services)), tenant.name)
            api = ending.enter_context(replace(tenant, url=url).client())
            ending.callback(consistency.check, server.services, tenant.name)
            api.get("/Users")  # the first use of a token is noted, which is in nobody's way
            return Contended(services, conflicting, tenant.name, api)

        yield start
