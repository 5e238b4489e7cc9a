"""Two deployments on one emulator, and a tenant that moves from one to the other."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from rollcall.aws.attribute_values import Item
from rollcall.dev import local_server
from rollcall.operations import tenant_move
from rollcall.operations.operator import Operator
from rollcall.operations.tenant_move import FinishedMove
from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.storage import keys
from rollcall.storage.item_changes import ARRIVED
from tests.conftest import Server
from tests.tenants.conftest import Clock, without_waits

ACTOR = "operator:someone"
OLD, NEW = "https://old.test", "https://new.test"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Deployments:
    """The source and the target of a move."""

    source: Services
    target: Services
    clock: Clock

    @property
    def operators(self) -> tuple[Operator, Operator]:
        """Who acts on either side."""
        here, there = Operator(self.source, ACTOR), Operator(self.target, ACTOR)
        return here.because("a region closes"), there.because("a region closes")

    def move(self, name: str, **options: Any) -> FinishedMove:
        """Move a tenant, without waiting where nothing else is said."""
        options = {"wait": False, "sleep": unwaited, **options}
        return end_of(tenant_move.move(*self.operators, name, **options))

    def abandon(self, name: str) -> None:
        """Take a move back."""
        list(tenant_move.abandon(*self.operators, name, unwaited))


def deployments(server: Server, clock: Clock) -> Deployments:
    """Return two deployments with tables, secrets, keys and buckets of their own."""
    return Deployments(_deployment(server, clock, OLD), _deployment(server, clock, NEW), clock)


def _deployment(server: Server, clock: Clock, url: str) -> Services:
    name = str(uuid4())
    settings = Settings(
        name,
        f"{name}/tenants",
        server.running.endpoint_url,
        signing_keys=f"{name}-signing",
        reports=f"{name}-reports",
        erasures=f"{name}-erasures",
        url=url,
    )
    own = Services(settings, server.services.clients)
    local_server.create_table(own)
    local_server.create_erasures(own)
    local_server.create_signing_key(own)
    own.channels.s3.create_bucket(Bucket=settings.reports)
    return without_waits(own, clock)


def end_of(work: Generator[Any, None, Result]) -> Result:
    """Do work to its end, and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def unwaited(_: float) -> None:
    raise AssertionError("nobody is to be waited for")


def items_of(services: Services, name: str) -> dict[tuple[str, str], Item]:
    """Return what a move brings, by key: not the rate, the bookmarks and what tells of the move."""
    left_out = (f"{name}{keys.RATE}", f"{name}{keys.BOOKMARK}")
    return {
        (item["pk"], item["sk"]): {key: each for key, each in item.items() if key != ARRIVED}
        for item in services.table.scan("")
        if (item["pk"].startswith(f"{name}#") or item.get("place", "").startswith(f"{name}/"))
        and not item["pk"].startswith(left_out)
    }


def secret_of(services: Services, name: str) -> dict[str, Any]:
    """Return the secret of a tenant, without what a move notes there."""
    content = services.secrets.read(name)
    return {key: each for key, each in content.items() if key not in ("closure", "arrived")}
