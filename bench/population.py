"""The population of an endpoint: users, and a group that all of them are members of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load import Answer, Request, Target, send

_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_BATCH = 500
"""The members in one PATCH."""


class RefusedError(RuntimeError):
    """A peer refused what has to be there before it can be measured."""


@dataclass
class Population:
    """The ids of what is there; `made` are users that were created while this was measured."""

    name: str
    users: list[str]
    group: str
    made: list[str] = field(default_factory=list)


def user(population: str, number: int) -> dict[str, Any]:
    """Return a user as clients send it."""
    name = f"{population}-{number}"
    return {
        "schemas": [_USER],
        "userName": f"{name}@bench.example",
        "externalId": name,
        "displayName": f"User {number}",
        "name": {"givenName": "User", "familyName": str(number)},
        "title": "Engineer",
        "active": True,
        "emails": [{"type": "work", "value": f"{name}@mail.bench.example", "primary": True}],
    }


def post(path: str, body: Any) -> Request:
    """Return a POST."""
    return Request("POST", path, json.dumps(body).encode())


def patch(path: str, *operations: dict[str, Any]) -> Request:
    """Return a PATCH."""
    return Request("PATCH", path, json.dumps(patch_body(*operations)).encode())


def patch_body(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a PATCH."""
    return {"schemas": [_PATCH], "Operations": operations}


def add_members(group: str, ids: Sequence[str]) -> Request:
    """Return a PATCH that adds members to a group."""
    members = [{"value": each} for each in ids]
    return patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": members})


def populate(
    target: Target, name: str, size: int, connections: int, limit: float = float("inf")
) -> Population:
    """Create so many users, and the group of them all.

    Raises RefusedError, also when each of the two takes longer than `limit` seconds.
    """
    requests = [post("/Users", user(name, number)) for number in range(size)]
    users = ids(send(target, requests, connections, limit).answers)
    if len(users) < size:
        raise RefusedError(f"{len(users):,} of {size:,} users are there after {limit:.0f} s")
    (group,) = ids(send(target, [post("/Groups", _group(name))]).answers)
    batches = [users[begin : begin + _BATCH] for begin in range(0, size, _BATCH)]
    adding = [add_members(group, batch) for batch in batches]
    added = send(target, adding, limit=limit).answers
    checked(added)
    if len(added) < len(adding):
        members = len(added) * _BATCH
        raise RefusedError(f"{members:,} of {size:,} members are there after {limit:.0f} s")
    return Population(name, users, group)


def ids(answers: Iterable[Answer]) -> list[str]:
    """Return the ids of what was created. Raises RefusedError."""
    return [json.loads(answer.body)["id"] for answer in checked(answers)]


def checked(answers: Iterable[Answer]) -> list[Answer]:
    """Return answers that are no refusal. Raises RefusedError."""
    received = list(answers)
    for answer in received:
        if answer.status >= 300:
            raise RefusedError(f"{answer.status} {answer.body[:200].decode(errors='replace')}")
    return received


def _group(name: str) -> dict[str, Any]:
    return {"schemas": [_GROUP], "displayName": f"Everybody of {name}"}
