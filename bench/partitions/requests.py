"""One request of each kind that a client sends, with what it takes of each partition key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeAlias

from bench.gateway import Gateway, event_loop
from bench.partitions.recording import Usage, recorded
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ENTERPRISE

TENANT = "acme"
PAGE = 100
"""The users of a page, and the members that one request adds."""

IN_BULK = 10
"""The operations of the bulk request that is recorded; a larger one repeats them."""

Recording: TypeAlias = dict[str, Usage]
"""What a request of each kind takes."""


def user(number: int) -> dict[str, Any]:
    """Return a user as Entra ID sends it."""
    address = f"person{number}@corp.test"
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": f"oid-{number}",
        "userName": address,
        "displayName": f"Given{number} Family{number}",
        "name": {"givenName": f"Given{number}", "familyName": f"Family{number}"},
        "emails": [{"type": "work", "value": address, "primary": True}],
        "title": "Engineer",
        "active": True,
        ENTERPRISE: {"employeeNumber": str(number), "department": "Research"},
    }


def record(services: Services) -> Recording:
    """Run a request of each kind on a tenant of PAGE users."""
    with event_loop():
        return _record(Gateway(services, TENANT))


def _record(gate: Gateway) -> Recording:
    recording: Recording = defaultdict(dict)
    client, table = gate.services.clients.dynamodb, gate.services.table.name

    def sent(method: str, path: str, body: Any = None, **query: str) -> Any:
        return gate.send(method, path, body, **query)[0]

    def run(kind: str, request: Callable[[], Any]) -> Any:
        with recorded(client, table) as usage:
            answer = request()
        recording[kind] = {key: units for key, units in usage.items() if not _is_usage(key[1])}
        return answer

    people = [sent("POST", "/Users", user(number))["id"] for number in range(PAGE)]
    small, large = (sent("POST", "/Groups", _group(name))["id"] for name in ("small", "large"))
    _change_members(gate, small, "Add", people[:1])

    run("look up a new user", lambda: sent("GET", "/Users", filter='userName eq "new@corp.test"'))
    new = run("create user", lambda: sent("POST", "/Users", user(PAGE)))["id"]
    path = f"/Users/{new}"
    run(
        "look up a user",
        lambda: sent("GET", "/Users", filter=f'userName eq "person{PAGE}@corp.test"'),
    )
    run("GET user", lambda: sent("GET", path))
    run("PATCH title", lambda: _patch(gate, path, "title", "Director"))
    run("PATCH active", lambda: _patch(gate, path, "active", value=False))
    run("PATCH userName", lambda: _patch(gate, path, "userName", "renamed@corp.test"))
    run("look up a new group", lambda: sent("GET", "/Groups", filter='displayName eq "new"'))
    group = run("create group", lambda: sent("POST", "/Groups", _group("new")))["id"]
    run("add a member", lambda: _change_members(gate, group, "Add", [new]))
    run("remove a member", lambda: _change_members(gate, group, "Remove", [new]))
    run(f"add {PAGE} members", lambda: _change_members(gate, large, "Add", people))
    run(f"list {PAGE} users", lambda: sent("GET", "/Users", count=str(PAGE)))
    run("list what changed", lambda: sent(
        "GET", "/Users", filter='meta.lastModified gt "2020-01-01T00:00:00Z"', count=str(PAGE)
    ))  # fmt: skip
    run("GET group with members", lambda: sent("GET", f"/Groups/{large}"))
    run("delete user", lambda: sent("DELETE", path))
    run("delete user with a group", lambda: sent("DELETE", f"/Users/{people[0]}"))
    run("bulk", lambda: sent("POST", "/Bulk", bulk(range(PAGE + 1, PAGE + 1 + IN_BULK))))
    return dict(recording)


def _is_usage(key: str) -> bool:
    """Tell whether a key is of the hours of usage: one request in several writes them."""
    return key.rpartition("#")[2] == "USAGE"


def bulk(numbers: range) -> dict[str, Any]:
    """Return a bulk request that creates users."""
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": str(number), "data": user(number)}
        for number in numbers
    ]
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    }


def _group(name: str) -> dict[str, Any]:
    return {"displayName": name, "externalId": f"group-{name}"}


def _patch(gate: Gateway, path: str, attribute: str, value: Any) -> None:
    operation = {"op": "Replace", "path": attribute, "value": value}
    gate.send("PATCH", path, {"Operations": [operation]})


def _change_members(gate: Gateway, group: str, op: str, members: list[str]) -> None:
    values = [{"value": member} for member in members]
    operation = {"op": op, "path": "members", "value": values}
    gate.send("PATCH", f"/Groups/{group}", {"Operations": [operation]})
