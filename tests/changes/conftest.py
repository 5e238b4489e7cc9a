"""A tenant on a table with a stream, served over HTTP, and a bus, on the emulator of all tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from rollcall.http.routes import EVERYTHING
from rollcall.runtime.json_log import logger
from rollcall.runtime.scim_function import application
from rollcall.runtime.services import Services
from tests.changes import streamed as making
from tests.changes.streamed import Streamed
from tests.conftest import Server


@pytest.fixture
def streamed(server: Server) -> Streamed:
    """A table of its own with a stream, and a bus of its own."""
    return making.streamed(server.services)


@pytest.fixture
def api(streamed: Streamed) -> Iterator[httpx.Client]:
    """A client of the tenant acme over that table."""
    with client(streamed.services) as serving:
        yield serving


def client(services: Services) -> httpx.Client:
    """Return a client of a new tenant acme."""
    token = services.tenants.create("acme")
    app = application(services, EVERYTHING, logger())
    made: Any = TestClient(  # an httpx.Client, as far as it matters here
        app,
        base_url="http://scim.test/scim/acme/v2",
        headers={"Authorization": f"Bearer {token}"},
    )
    return made  # type: ignore[no-any-return]
