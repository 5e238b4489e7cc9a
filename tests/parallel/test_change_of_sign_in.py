"""A tenant changes from its token to federation under load, and no request is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from operator import ge
from pathlib import Path
from threading import Condition

import httpx
import pytest

from demo.sign_in import BearerToken, SignIn, hand_over
from rollcall.dev.loopback_issuer import LoopbackIssuer
from rollcall.scim.errors import UnauthorizedException
from rollcall.tenants.authentication import Authenticator
from tests.command import rollcall
from tests.conftest import Server
from tests.engine import emulator_home

WORKERS = 6
ENOUGH = 10
"""How many requests of each worker are answered before the next step is taken."""


class Load:
    """Workers that send requests to one tenant until the end, each as it signs in at the moment."""

    def __init__(self, url: str, sign_in: httpx.Auth) -> None:
        self.answered: Counter[int] = Counter()
        self.sign_in = [sign_in] * WORKERS
        self._url = url
        self._numbers = count()
        self._changed = Condition()
        self._done = [0] * WORKERS
        self._ended = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send requests while the block lasts."""
        with ThreadPoolExecutor(WORKERS) as pool:
            workers = [pool.submit(self._work, worker) for worker in range(WORKERS)]
            try:
                yield
            finally:
                self._ended = True
        for worker in workers:
            worker.result()

    def go_on(self) -> None:
        """Wait until more requests of each worker are answered."""
        with self._changed:
            wanted = [done + ENOUGH for done in self._done]
            assert self._changed.wait_for(lambda: all(map(ge, self._done, wanted)), timeout=120)

    def _work(self, worker: int) -> None:
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._ended:
                name = f"user{next(self._numbers)}"
                self._send(client, worker, "POST", "/Users", json={"userName": name})
                query = {"filter": f'userName eq "{name}"'}
                self._send(client, worker, "GET", "/Users", params=query)

    def _send(
        self, client: httpx.Client, worker: int, method: str, path: str, **more: object
    ) -> None:
        request = client.build_request(method, path, **more)  # type: ignore[arg-type]
        answer = client.send(request, auth=self.sign_in[worker])
        with self._changed:
            self.answered[answer.status_code] += 1
            self._done[worker] += 1
            self._changed.notify_all()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that trusts issuers on this machine."""
    emulator_home()
    started = Server(tmp_path, "--trust-loopback-issuer")
    try:
        yield started
    finally:
        started.stop()


def test_from_a_token_to_federation_under_load_no_request_is_refused(server: Server) -> None:
    tenant = server.tenant()
    load = Load(tenant.url, BearerToken(tenant.token))

    with LoopbackIssuer() as issuer, load.running():
        load.go_on()

        # The operator sends a link, the administrator pastes the values of Entra and presses.
        link = json.loads(rollcall(server.state, "handover", tenant.name, "--json").stdout)["link"]
        _, federation = hand_over(link, SignIn.FEDERATION, issuer)
        load.go_on()

        # Both work side by side.
        load.sign_in[: WORKERS // 2] = [federation] * (WORKERS // 2)
        load.go_on()

        load.sign_in = [federation] * WORKERS
        load.go_on()
        refused = rollcall(server.state, "tokens", "retire", tenant.name)
        retired = rollcall(
            server.state, "tokens", "retire", tenant.name, "--force", "--reason", "a test"
        )
        load.go_on()

    assert set(load.answered) == {200, 201}, load.answered
    assert (refused.returncode, retired.returncode) == (2, 0)
    assert "was used on" in refused.stderr
    with pytest.raises(UnauthorizedException):
        Authenticator(server.services.secrets).authenticate(tenant.name, f"Bearer {tenant.token}")
