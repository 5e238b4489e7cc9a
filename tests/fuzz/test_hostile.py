"""Hostile requests: never a failure of ours, never much time, never a change after a refusal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest

from rollcall.runtime.services import Services
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import READ_ONLY
from tests.cost.processor import Processor, allowed, processor
from tests.cost.requests import Sent
from tests.cost.world import World
from tests.fuzz.hostile import Hostile
from tests.long import LONG

REQUESTS = 30_000 if LONG else 150
RENEWED = 100
"""After how many requests the table is emptied."""

SEED = int(os.environ.get("ROLLCALL_SEED", "13"))


@pytest.fixture
def clock() -> Iterator[Processor]:
    with processor() as found:
        yield found


class Fuzz:
    """A world that hostile requests are sent to, and what they took."""

    def __init__(self, services: Services, clock: Processor) -> None:
        self._world, self._hostile, self._clock = World(services), Hostile(SEED), clock
        issued = TenantTokens(services.tenants, "acme").issue("reads", scope=READ_ONLY)
        self._reading = {"Authorization": f"Bearer {issued.plain}"}
        self._numbers = count()
        self._stored = self._world.stored()
        self.slowest: list[tuple[float, str]] = []

    def send(self) -> None:
        """Send the next request, and check what comes of it."""
        number, sent = next(self._numbers), self._hostile.request()
        if number % 10 == 0:
            sent = replace(sent, headers={**self._reading, **sent.headers})
        told = f"request {number} of seed {SEED}: {sent.method} {sent.path[:100]}"
        answer, seconds = self._answer(sent)
        shown = f"{told}, {answer.status_code}, {sent.content[:300]!r}"
        check(answer, sent, shown)
        share = seconds / allowed(sent)
        self.slowest = sorted([*self.slowest, (share, f"{seconds:.3f} s {told}")])[-10:]
        assert share <= 1, f"{seconds:.3f} s: {shown}"
        stored = self._world.stored()
        assert answer.status_code < 400 or stored == self._stored, shown
        self._stored = stored
        if number % RENEWED == RENEWED - 1 or sent.method == "DELETE":
            self._world.renew()
            self._stored = self._world.stored()

    def lines(self) -> list[dict[str, Any]]:
        """Return what the application logged."""
        return self._world.api.lines()

    def _answer(self, sent: Sent) -> tuple[httpx.Response, float]:
        prepared, answers = self._world.prepared(sent), list[httpx.Response]()
        seconds = self._clock.seconds(lambda: answers.append(self._world.send(prepared)))
        return answers[0], seconds


def check(answer: httpx.Response, sent: Sent, shown: str) -> None:
    """Check that a request was answered as SCIM has it, and none failed on our side."""
    assert answer.status_code < 500 or (answer.status_code == 501 and "/Me" in sent.path), shown
    if sent.base.startswith("/scim") and answer.content:
        assert answer.headers["content-type"] == "application/scim+json", shown
        if answer.status_code >= 400:
            said = answer.json()
            assert said["status"] == str(answer.status_code), shown
            assert said["detail"], shown


def test_hostile_requests_fail_nothing_take_no_time_and_change_nothing_when_refused(
    services: Services, clock: Processor
) -> None:
    fuzz = Fuzz(services, clock)

    for _ in range(REQUESTS):
        fuzz.send()

    print("\n".join(f"{share:.2f} of what it may take: {told}" for share, told in fuzz.slowest))
    assert all(line["level"] == "INFO" for line in fuzz.lines())
