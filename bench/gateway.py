"""The code of the functions, called as by Lambda, over an emulator of its own."""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollcall.dev import emulator, local_server
from rollcall.http.routes import EVERYTHING
from rollcall.runtime.gateway import behind_gateway
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings


@dataclass(frozen=True)
class Spent:
    """The cost of a call: CPU of this process, and elapsed seconds."""

    cpu: float
    wall: float


class _Context:
    """The context of an invocation, with its remaining time."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the maximum that the gateway waits."""
        return 29_000


class Gateway:
    """Calls the handler with events of the gateway for one tenant."""

    def __init__(self, services: Services, tenant: str) -> None:
        self.services = services
        self.tenant = tenant
        self._token = services.tenants.create(tenant)
        self._handler: Any = behind_gateway(
            application(services, EVERYTHING, logger(io.StringIO()))
        )

    def send(self, method: str, path: str, body: Any = None, **query: str) -> tuple[Any, Spent]:
        """Send a request and return the body of the answer; a refusal is an error."""
        headers = {"Host": "bench.test", "Authorization": f"Bearer {self._token}"}
        whole = f"/scim/{self.tenant}/v2{path}"
        event = {
            "resource": "/scim/{tenant}/v2/{proxy+}",
            "path": whole,
            "httpMethod": method,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()},
            "requestContext": {"path": whole, "stage": "live", "requestId": "bench"},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        cpu, wall = time.process_time(), time.perf_counter()
        answer = self._handler(event, _Context())
        spent = Spent(time.process_time() - cpu, time.perf_counter() - wall)
        if answer["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path}: {answer['statusCode']} {answer['body'][:300]}")
        return (json.loads(answer["body"]) if answer["body"] else None), spent


@contextmanager
def event_loop() -> Iterator[None]:
    """Make the event loop that Mangum takes and leaves open, and close it after the block."""
    own = asyncio.new_event_loop()
    asyncio.set_event_loop(own)
    try:
        yield
    finally:
        asyncio.set_event_loop(None)
        own.close()


@contextmanager
def gateway(tenant: str = "bench") -> Iterator[Gateway]:
    """Yield a gateway over an emulator that ends with the block."""
    with (
        event_loop(),
        tempfile.TemporaryDirectory() as state,
        emulator.running(Path(state), fresh=True) as endpoint,
    ):
        services = Services(Settings(endpoint_url=endpoint))
        local_server.create_table(services)
        yield Gateway(services, tenant)
