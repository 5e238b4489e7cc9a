"""The sample consumer: whatever the bus does, the copy becomes what the directory is."""

from __future__ import annotations

import importlib.util
from copy import deepcopy
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.changes.streamed import Streamed, body
from tests.operations import operators
from tests.operations.operators import operator_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "events" / "consumer.py"


def consumer(client: httpx.Client) -> Any:
    """Return the documented consumer's copy, empty."""
    spec = importlib.util.spec_from_file_location("consumer", DOCUMENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Copy(client)


def directory(api: httpx.Client) -> dict[str, Any]:
    """Return all users by path, as they are read one by one."""
    page = api.get("/Users", params={"count": 200}).json()
    paths = [f"/Users/{each['id']}" for each in page["Resources"]]
    return {path: api.get(path).json() for path in paths}


def disturbed(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return events as a bus may deliver them: each twice, and neighbours swapped."""
    swapped = list(
        chain.from_iterable(events[at : at + 2][::-1] for at in range(0, len(events), 2))
    )
    twice = list(chain.from_iterable((each, each) for each in swapped))
    return [*twice[1:], *twice[:1]]


def patch(api: httpx.Client, path: str, *operations: dict[str, Any]) -> None:
    assert api.patch(path, json={"Operations": list(operations)}).status_code in (200, 204)


def test_the_consumer_is_as_short_as_it_is_said_to_be() -> None:
    lines = map(str.strip, DOCUMENT.read_text().partition("class Copy")[2].splitlines())
    statements = [line for line in lines if line and not line.startswith('"""')]

    assert len(statements) <= 30


def test_a_copy_converges_from_any_point_of_the_stream(
    streamed: Streamed, api: httpx.Client
) -> None:
    snapshots: list[tuple[int, Any]] = []

    def look() -> None:
        copy = consumer(api)
        copy.load()
        copy.client = None
        snapshots.append((len(streamed.events()), deepcopy(copy)))

    look()
    people = [
        f"/Users/{api.post('/Users', json={'userName': f'user{n}', 'active': True}).json()['id']}"
        for n in range(6)
    ]
    look()
    members = [{"value": each.removeprefix("/Users/")} for each in people[:4]]
    group = api.post("/Groups", json={"displayName": "Staff", "members": members}).json()["id"]
    patch(api, people[0], {"op": "replace", "path": "userName", "value": "renamed"})
    patch(api, people[1], {"op": "replace", "path": "active", "value": False})
    look()
    patch(api, people[1], {"op": "replace", "path": "active", "value": True})
    patch(api, f"/Groups/{group}", {"op": "remove", "path": "members", "value": members[2:3]})
    assert api.delete(people[3]).status_code == 204
    look()
    merge(streamed, people[4], people[5])
    patch(api, people[0], {"op": "replace", "path": "userName", "value": "renamed again"})
    again = api.post("/Users", json={"userName": "user3"}).json()["id"]
    patch(api, f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": again}]})
    look()

    events = [body(each) for each in streamed.events()]
    wanted = directory(api)
    assert len(wanted) == 5
    for position, snapshot in snapshots:
        for start in range(position + 1):
            copy = deepcopy(snapshot)
            copy.client = api
            for event in disturbed(events[start:]):
                copy.apply(event)
            assert copy.users == wanted, (position, start)


def merge(streamed: Streamed, keep: str, remove: str) -> None:
    """Merge two accounts as an operator does, of which the identity provider knows both."""
    kept, removed = (each.removeprefix("/Users/") for each in (keep, remove))
    operator = operator_of(streamed.services)
    operators.merge(operator, "acme", kept, removed, idp_deletes=removed)


def test_what_is_older_is_not_read_again(streamed: Streamed, api: httpx.Client) -> None:
    made = api.post("/Users", json={"userName": "ada"}).json()
    patch(api, f"/Users/{made['id']}", {"op": "replace", "path": "title", "value": "x"})
    reads: list[str] = []
    api.event_hooks["request"].append(lambda request: reads.append(request.url.path))
    copy = consumer(api)

    created, updated = (body(each) for each in streamed.events())
    for event in (updated, created, updated):
        copy.apply(event)

    assert len(reads) == 1


def test_an_event_whose_reading_failed_is_not_forgotten(
    streamed: Streamed, api: httpx.Client
) -> None:
    api.post("/Users", json={"userName": "ada"})
    (created,) = (body(each) for each in streamed.events())
    copy = consumer(httpx.Client(base_url="http://127.0.0.1:9"))

    with pytest.raises(httpx.ConnectError):
        copy.apply(created)
    copy.client = api
    copy.apply(created)
    assert copy.users == directory(api)
