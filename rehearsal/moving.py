"""A tenant that moves from one stack to another, while functions of both are warm."""

from __future__ import annotations

from typing import Any

from rehearsal import mailbox
from rehearsal.rows import expect
from rehearsal.stack import Stack
from rehearsal.tenant import Tenant

_USER = {"userName": "ann.lee@initech.example", "active": True}


def move(first: Stack, second: Stack) -> str:
    """Move a tenant with the command, and check who serves it and what the buses say."""
    mover, arrived = Tenant(first, "initech"), Tenant(second, "initech")
    mover.create()
    expect(mover.status("POST", "/Users", body=_USER), 201, "a user")
    product = mailbox.of_bus(second.cloud, second.outputs()["Bus"])

    asked = ("tenants", "move", mover.name, "--to-stack", second.name)
    done = first.json(*asked, "--yes", "--reason", "the rehearsal of a move")

    arrived.url, arrived.token = second.local_url(done["url"]), mover.token
    expect(mover.status("GET", "/Users"), 503, "the stack that it has left")
    expect(arrived.status("GET", "/Users"), 200, "the stack that it moved to, with its old token")
    expect(second.json("tenants", "show", mover.name)["users"], 1, "users that arrived")

    def told(found: list[dict[str, Any]]) -> set[str]:
        return {each["detail-type"] for each in found if each["detail"]["iss"] == done["url"]}

    product.until(lambda found: bool(told(found)), "tenant.moved")
    product.rest()
    expect(told(product.messages), {"tenant.moved"}, "what the bus of the other stack says")
    first.rollcall("tenants", "delete", mover.name, "--yes", "--reason", "it has moved")
    return f"{done['items']} items, digest {done['digest']}: 503 there, 200 here, one event"
