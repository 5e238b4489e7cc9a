"""A tenant that moves from one stack to another, while functions of both are warm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from rehearsal import mailbox
from rehearsal.mailbox import Mailbox
from rehearsal.rows import expect
from rehearsal.stack import Stack
from rehearsal.tenant import Tenant

_USER = {"userName": "ann.lee@initech.example", "active": True}


@contextmanager
def begun(first: Stack, second: Stack) -> Iterator[Callable[[], str]]:
    """Begin to move a tenant, and yield what waits for the end and checks it.

    A move waits 90 seconds for requests that are under way: other steps are played meanwhile.
    """
    mover = Tenant(first, "initech")
    mover.create()
    expect(mover.status("POST", "/Users", body=_USER), 201, "a user")
    product = mailbox.of_bus(second.cloud, second.outputs()["Bus"])
    asked = ("tenants", "move", mover.name, "--to-stack", second.name)
    with ThreadPoolExecutor(1) as operator:
        moved = operator.submit(first.json, *asked, "--yes", "--reason", "the rehearsal of a move")
        yield lambda: _check(mover, product, second, moved.result())


def _check(mover: Tenant, product: Mailbox, second: Stack, done: Any) -> str:
    """Check who serves the tenant after its move, and what the buses say."""
    arrived = Tenant(second, mover.name)
    arrived.url, arrived.token = second.local_url(done["url"]), mover.token
    expect(mover.status("GET", "/Users"), 503, "the stack that it has left")
    expect(arrived.status("GET", "/Users"), 200, "the stack that it moved to, with its old token")
    expect(second.json("tenants", "show", mover.name)["users"], 1, "users that arrived")

    def told(found: list[dict[str, Any]]) -> set[str]:
        return {each["detail-type"] for each in found if each["detail"]["iss"] == done["url"]}

    product.until(lambda found: bool(told(found)), "tenant.moved")
    product.rest()
    expect(told(product.messages), {"tenant.moved"}, "what the bus of the other stack says")
    mover.stack.rollcall("tenants", "delete", mover.name, "--yes", "--reason", "it has moved")
    return f"{done['items']} items, digest {done['digest']}: 503 there, 200 here, one event"
