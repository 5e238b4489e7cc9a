"""The requests that are measured, each with what has to be there before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

from bench.population import patch_body, user

NAME = "user"


@dataclass(frozen=True)
class Sent:
    """One request below the tenant's base URL."""

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)


Send = Callable[[Sent], Any]
"""Sends a request that is not measured, and returns the body of its answer."""


@dataclass(frozen=True)
class Directory:
    """What is there: users, all of them members of one group, but for the last one."""

    send: Send
    users: list[str]
    group: str

    @classmethod
    def filled(cls, send: Send, size: int) -> Directory:
        """Return a directory of so many users, made by requests."""
        users = [send(Sent("POST", "/Users", user(NAME, each)))["id"] for each in range(size + 1)]
        members = [{"value": each} for each in users[:-1]]
        group = send(Sent("POST", "/Groups", {"displayName": "All", "members": members}))
        return cls(send, users, group["id"])


def _get(path: str, **query: str) -> Sent:
    return Sent("GET", path, query=query)


def _patched(path: str, op: str, at: str, value: Any = None) -> Sent:
    operation = {"op": op, "path": at} | ({} if value is None else {"value": value})
    return Sent("PATCH", path, patch_body(operation))


def test_connection(there: Directory) -> Iterator[Sent]:
    """Entra's Test Connection: a lookup of a user that does not exist."""
    for each in count():
        yield _get("/Users", filter=f'userName eq "nobody-{each}"')


def get_user(there: Directory) -> Iterator[Sent]:
    """GET a user."""
    yield from (_get(f"/Users/{each}") for each in cycle(there.users))


def find_user(there: Directory) -> Iterator[Sent]:
    """A lookup by userName that finds the user."""
    for each in cycle(range(len(there.users))):
        yield _get("/Users", filter=f'userName eq "{NAME}-{each}@bench.example"')


def create_user(there: Directory) -> Iterator[Sent]:
    """POST a user."""
    yield from (Sent("POST", "/Users", user("new", each)) for each in count())


def patch_active(there: Directory) -> Iterator[Sent]:
    """PATCH active."""
    value = cycle(("False", "True"))
    path = f"/Users/{there.users[0]}"
    yield from (_patched(path, "Replace", "active", next(value)) for _ in count())


def patch_value_path(there: Directory) -> Iterator[Sent]:
    """PATCH through a value path."""
    path, at = f"/Users/{there.users[1]}", 'emails[type eq "work"].value'
    yield from (_patched(path, "Replace", at, f"a{each}@bench.example") for each in count())


def delete_user(there: Directory) -> Iterator[Sent]:
    """DELETE a user."""
    for each in count():
        made = there.send(Sent("POST", "/Users", user("gone", each)))
        yield Sent("DELETE", f"/Users/{made['id']}")


def list_users(there: Directory) -> Iterator[Sent]:
    """A list of 100."""
    yield from (_get("/Users", count="100") for _ in count())


def _adding(there: Directory) -> Sent:
    return _patched(f"/Groups/{there.group}", "Add", "members", [{"value": there.users[-1]}])


def _removing(there: Directory) -> Sent:
    return _patched(f"/Groups/{there.group}", "Remove", f'members[value eq "{there.users[-1]}"]')


def add_member(there: Directory) -> Iterator[Sent]:
    """Add one member to the group."""
    while True:
        yield _adding(there)
        there.send(_removing(there))


def remove_member(there: Directory) -> Iterator[Sent]:
    """Remove one member from the group."""
    while True:
        there.send(_adding(there))
        yield _removing(there)


def get_group(there: Directory) -> Iterator[Sent]:
    """GET the group without its members."""
    yield from (_get(f"/Groups/{there.group}", excludedAttributes="members") for _ in count())


def get_members(there: Directory) -> Iterator[Sent]:
    """GET the group with its members."""
    yield from (_get(f"/Groups/{there.group}") for _ in count())


def check_membership(there: Directory) -> Iterator[Sent]:
    """Whether one user is a member of the group."""
    for each in cycle(there.users[:-1]):
        text = f'id eq "{there.group}" and members eq "{each}"'
        yield _get("/Groups", filter=text, attributes="id")


def search(there: Directory) -> Iterator[Sent]:
    """A filter that nothing indexes, on all users."""
    yield from (_get("/Users", filter='title co "nothing"', count="10") for _ in count())


REQUESTS: Mapping[str, Callable[[Directory], Iterator[Sent]]] = {
    "Test Connection": test_connection,
    "GET user": get_user,
    "userName eq, a hit": find_user,
    "PATCH active": patch_active,
    "PATCH a value path": patch_value_path,
    "POST user": create_user,
    "DELETE user": delete_user,
    "list of 100": list_users,
    "add a member": add_member,
    "remove a member": remove_member,
    "group without members": get_group,
    "group with 1,000 members": get_members,
    "membership check": check_membership,
    "unindexed filter": search,
}
"""The requests by name, in the order of the table."""

SLOW = frozenset({"list of 100", "group with 1,000 members", "unindexed filter"})
"""Those that take long enough to be measured a few times only."""
