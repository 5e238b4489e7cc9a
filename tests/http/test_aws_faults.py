"""AWS fails at any call of any request: the answer says to try again, and trying again is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from rollcall.runtime.services import Services
from rollcall.scim.errors import ERROR
from rollcall.storage import large_change_items
from tests.faults.points import Points
from tests.faults.strokes import Stroke
from tests.faults.world import TENANT, World
from tests.http.api import Api
from tests.long import LONG
from tests.storage import consistency
from tests.storage.faults import refusal

pytestmark = pytest.mark.faults


BUSY = {429, 503}
SPREAD = 4
SMALL = 8
"""The actions of a transaction, so that changes of more members take several."""


def answering(code: str, status: int = 400) -> Callable[[], None]:
    answer: Any = refusal(code, status)

    def answered() -> None:
        raise ClientError(answer, "injected")

    return answered


def raising(error: Callable[..., Exception]) -> Callable[[], None]:
    def lost() -> None:
        raise error(endpoint_url="https://dynamodb.injected", error="injected")

    return lost


FAILURES = (
    Stroke("throttled", False, answering("ThrottlingException")),
    Stroke("too much at once", False, answering("ProvisionedThroughputExceededException")),
    Stroke("failed", False, answering("InternalServerError", 500)),
    Stroke("failed when done", True, answering("InternalServerError", 500)),
    Stroke("unavailable", False, answering("ServiceUnavailable", 503)),
    Stroke("not connected", False, raising(EndpointConnectionError)),
    Stroke("connected too late", False, raising(ConnectTimeoutError)),
    Stroke("answered too late", True, raising(ReadTimeoutError)),
)


@dataclass(frozen=True)
class Asked:
    """A request; `again` is the answer to a repetition of what was done without being told."""

    name: str
    method: str
    path: str
    body: Any = None
    again: int = 0

    def __str__(self) -> str:
        return self.name


TITLE = {"Operations": [{"op": "replace", "path": "title", "value": "Chief"}]}
MEMBERS = [{"value": "ann"}, {"value": "bob"}, {"value": "cid"}]
ADDED = {"Operations": [{"op": "add", "path": "members", "value": MEMBERS}]}
REQUESTS = (
    Asked("POST a user", "POST", "/Users", {"userName": "new"}, 409),
    Asked("PUT a user", "PUT", "/Users/ann", {"userName": "ann", "title": "Chief"}),
    Asked("PATCH a user", "PATCH", "/Users/ann", TITLE),
    Asked("DELETE a user", "DELETE", "/Users/ann", again=404),
    Asked("POST a group", "POST", "/Groups", {"displayName": "new", "members": MEMBERS}, 409),
    Asked("PUT a group", "PUT", "/Groups/staff", {"displayName": "crew", "members": MEMBERS[1:]}),
    Asked("rename a group", "PUT", "/Groups/staff", {"displayName": "crew"}),
    Asked("add members", "PATCH", "/Groups/staff", ADDED),
    Asked("add members and show them", "PATCH", "/Groups/staff?attributes=members", ADDED),
    Asked("DELETE a group", "DELETE", "/Groups/staff", again=404),
    Asked("GET a user", "GET", "/Users/ann"),
    Asked("GET a group", "GET", "/Groups/staff"),
    Asked("look a user up", "GET", '/Users?filter=userName eq "ann"'),
    Asked("look a member up", "GET", '/Groups?filter=id eq "staff" and members eq "ann"'),
    Asked("search", "POST", "/.search", {"filter": 'title sw "C" or displayName co "st"'}),
)
BULK = Asked("bulk", "POST", "/Bulk", {"Operations": [
    {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "new"}},
    {"method": "PATCH", "path": "/Groups/staff", "data": ADDED},
    {"method": "DELETE", "path": "/Users/bob"},
]})  # fmt: skip


class Town:
    """A tenant behind HTTP: ann, bob and cid; the group staff, with ann. Ids are names."""

    def __init__(self, api: Api, world: World) -> None:
        self._api, self.world = api, world
        directory = world.directory()
        for each in ("ann", "bob", "cid"):
            directory.users.create({"userName": each}, each)
        directory.groups.create({"displayName": "staff", "members": MEMBERS[:1]}, "staff")
        world.keep()

    def send(self, asked: Asked) -> httpx.Response:
        options = {} if asked.body is None else {"json": asked.body}
        return self._api.send(asked.method, asked.path, **options)

    def struck(self, asked: Asked, points: Points) -> Iterator[tuple[Stroke, httpx.Response]]:
        """Send a request to a process that has just begun, and fail at each of its calls.

        In a short run some of the failures at one call, others at the next.
        """
        clients = self.world.services.clients
        for client in (clients.secretsmanager, clients.dynamodb):
            for number in count(1):
                failures = FAILURES if LONG else FAILURES[number % SPREAD :: SPREAD]
                for failure in failures:
                    self.world.set_back()
                    self._api.restart()
                    with failure.at(client, number) as calls:
                        answer = self.send(asked)
                    if not calls.came:
                        break
                    points[str(failure)] += 1
                    yield failure, answer
                if not calls.came:
                    break

    def state(self) -> list[Any]:
        """Return what clients see, but for ids and times.

        Not the groups of users, which may lag behind a change that is larger than a transaction.
        """
        return [plain(self._api.send("GET", path)) for path in ("/Users", "/Groups")]


def plain(answer: httpx.Response) -> Any:
    return answer.status_code, _plain(answer.json()) if answer.content else None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if key not in ("id", "meta")}
    if isinstance(value, list):
        return sorted(map(_plain, value), key=str)
    return value


def without_members(answer: Any) -> Any:
    """Return the answer to a write of a group that could not be read afterwards."""
    status, body = answer
    return status, body and {key: each for key, each in body.items() if key != "members"}


@pytest.fixture
def town(api: Api, services: Services, monkeypatch: pytest.MonkeyPatch) -> Town:
    """A town where changes of several members take several transactions."""
    monkeypatch.setattr(large_change_items, "PART_MEMBERS", 2)
    monkeypatch.setattr(services.table, "max_actions", SMALL)
    return Town(api, World(services))


@pytest.mark.parametrize("asked", REQUESTS, ids=str)
def test_whatever_aws_fails_at_is_refused_or_done_and_may_be_repeated(
    asked: Asked, town: Town, points: Points
) -> None:
    before = town.state()
    success = plain(town.send(asked))
    after = town.state()

    for failure, answer in town.struck(asked, points):
        state = town.state()
        if answer.status_code in BUSY:
            refused(answer)
            assert state == before or (failure.applied and state == after)
        else:
            assert plain(answer) in (success, without_members(success))
            assert state == after

        again = town.send(asked)
        if asked.again and state == after:
            assert again.status_code == asked.again
        else:
            assert plain(again) == success
        assert town.state() == after
        settle(town)
    assert points


def test_each_operation_of_a_bulk_request_says_whether_it_was_done(
    town: Town, points: Points
) -> None:
    for failure, answer in town.struck(BULK, points):
        if answer.status_code in BUSY:
            refused(answer)
            continue

        said = [each["status"] for each in answer.json()["Operations"]]
        seen = str(town.state())
        done = ["'new'" in seen, seen.count("'cid'") == 2, "'userName': 'bob'" not in seen]
        for status, success, happened in zip(said, ["201", "200", "204"], done, strict=True):
            assert status in (success, "503")
            assert happened == (status == success) or (happened and failure.applied)

        again = [each["status"] for each in town.send(BULK).json()["Operations"]]
        created, deleted = ("409" if done[0] else "201"), ("404" if done[2] else "204")
        assert again == [created, "200", deleted]
        settle(town)
    assert points


def refused(answer: httpx.Response) -> None:
    """Check that an answer says to try again, and nothing of what is behind it."""
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"] == "application/scim+json"
    body = answer.json()
    assert (body["schemas"], body["status"]) == ([ERROR], str(answer.status_code))
    assert set(body) == {"schemas", "status", "detail"}
    said = body["detail"].lower()
    assert "try again" in said
    assert not [each for each in ("injected", "dynamodb", "exception", "error") if each in said]


def settle(town: Town) -> None:
    """Finish what is unfinished; all that is stored has to agree by that."""
    town.world.settle()
    consistency.check(town.world.services, TENANT)
