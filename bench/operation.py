"""The operations that are measured, each with the requests that it sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle
from urllib.parse import quote, urlencode

from bench.load import Request
from bench.population import Population, add_members, patch, patch_body, post, user

PAGE = 100
_BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_BULK_OPERATIONS = 10


@dataclass(frozen=True)
class Operation:
    """One operation: `total` is how many resources its lists have to find."""

    name: str
    requests: Callable[[Population], Iterator[Request]]
    total: int | None = None


def get(path: str, **query: str | int) -> Request:
    """Return a GET."""
    return Request("GET", f"{path}?{urlencode(query, quote_via=quote)}" if query else path)


def nobody(_: Population) -> Iterator[Request]:
    """Test Connection: Entra looks for a user that there cannot be."""
    return (get("/Users", filter=f'userName eq "nobody-{number}"') for number in count())


def create(people: Population) -> Iterator[Request]:
    """Create users that the population does not have."""
    return (post("/Users", user(people.name, len(people.users) + each)) for each in count())


def read(people: Population) -> Iterator[Request]:
    """Read a user, who is a member of the group of all."""
    return (get(f"/Users/{each}") for each in cycle(people.users))


def find(template: str) -> Callable[[Population], Iterator[Request]]:
    """Look for users with a filter; `{name}` in it is the name of one."""

    def requests(people: Population) -> Iterator[Request]:
        for number in cycle(range(len(people.users))):
            name = f"{people.name}-{number}"
            yield get("/Users", filter=template.format(name=name))

    return requests


def disable(people: Population) -> Iterator[Request]:
    """Disable a user, and the next time enable it."""
    for active in cycle((False, True)):
        for each in people.users:
            change = {"op": "replace", "path": "active", "value": active}
            yield patch(f"/Users/{each}", change)


def change_email(people: Population) -> Iterator[Request]:
    """Change the address that a value path selects."""
    for turn in count():
        for number, each in enumerate(people.users):
            value = f"{people.name}-{number}-{turn}@new.bench.example"
            path = 'emails[type eq "work"].value'
            yield patch(f"/Users/{each}", {"op": "replace", "path": path, "value": value})


def page(place: str) -> Callable[[Population], Iterator[Request]]:
    """List a page of users, the first one or the last one."""

    def requests(people: Population) -> Iterator[Request]:
        start = 1 if place == "near" else max(1, len(people.users) - PAGE + 1)
        return (get("/Users", startIndex=start, count=PAGE) for _ in count())

    return requests


def add_member(people: Population) -> Iterator[Request]:
    """Add a user that was created to the group."""
    return (add_members(people.group, [each]) for each in people.made)


def remove_member(people: Population) -> Iterator[Request]:
    """Remove it, in the form of RFC 7644, which all understand."""
    for each in people.made:
        path = f'members[value eq "{each}"]'
        yield patch(f"/Groups/{people.group}", {"op": "remove", "path": path})


def group(**query: str) -> Callable[[Population], Iterator[Request]]:
    """Read the group."""
    return lambda people: (get(f"/Groups/{people.group}", **query) for _ in count())


def read_made(people: Population) -> Iterator[Request]:
    """Read a user that was created, who is in no group."""
    return (get(f"/Users/{each}") for each in people.made)


def is_member(people: Population) -> Iterator[Request]:
    """Ask whether a user is a member of the group, as Entra does."""
    for each in cycle(people.users):
        asked = f'id eq "{people.group}" and members.value eq "{each}"'
        yield get("/Groups", filter=asked, excludedAttributes="members")


def bulk(people: Population) -> Iterator[Request]:
    """Change several users in one request."""
    users, turns = cycle(people.users), cycle((False, True))
    while True:
        change = {"op": "replace", "path": "active", "value": next(turns)}
        operations = [
            {"method": "PATCH", "path": f"/Users/{next(users)}", "data": patch_body(change)}
            for _ in range(_BULK_OPERATIONS)
        ]
        body = {"schemas": [_BULK], "Operations": operations}
        yield Request("POST", "/Bulk", json.dumps(body).encode())


def delete(people: Population) -> Iterator[Request]:
    """Delete the users that were created."""
    return (Request("DELETE", f"/Users/{each}") for each in people.made)


CREATE = Operation("POST user", create)
"""What the others add, remove and delete is made by this one."""

OPERATIONS = (
    CREATE,
    Operation("Test Connection", nobody, 0),
    Operation("GET user in a big group", read),
    Operation("userName eq", find('userName eq "{name}@bench.example"'), 1),
    Operation("externalId eq", find('externalId eq "{name}"'), 1),
    Operation("emails.value eq", find('emails.value eq "{name}@mail.bench.example"'), 1),
    Operation("title co, no index", find('title co "nothing"'), 0),
    Operation("PATCH active", disable),
    Operation("PATCH a value path", change_email),
    Operation(f"list of {PAGE}, near", page("near")),
    Operation(f"list of {PAGE}, far", page("far")),
    Operation("add one member", add_member),
    Operation("is a member", is_member, 1),
    Operation("group without members", group(excludedAttributes="members")),
    Operation("group with members", group()),
    Operation("remove one member", remove_member),
    Operation("GET user in no group", read_made),
    Operation(f"bulk of {_BULK_OPERATIONS}", bulk),
    Operation("DELETE user", delete),
)
