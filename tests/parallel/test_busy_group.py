"""Who sets the members of a group that others change all the time gets a turn."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import httpx
import pytest

from tests.conftest import Server, Tenant
from tests.parallel.crowd import change, group, users
from tests.storage import consistency

CLIENTS = 4
PEOPLE = 40
TURNS = 2

Setting = Callable[[httpx.Client, str, list[dict[str, str]]], httpx.Response]


def _patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"Operations": list(operations)}


SETTINGS: dict[str, Setting] = {
    "PUT": lambda api, staff, members: api.put(
        staff, json={"displayName": "Staff", "members": members}
    ),
    "replace": lambda api, staff, members: api.patch(
        staff, json=_patch({"op": "replace", "path": "members", "value": members})
    ),
    "replace without a path": lambda api, staff, members: api.patch(
        staff, json=_patch({"op": "replace", "value": {"members": members}})
    ),
    "remove all and add": lambda api, staff, members: api.patch(
        staff,
        json=_patch(
            {"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": members}
        ),
    ),
    "remove by a filter": lambda api, staff, members: api.patch(
        staff, json=_patch({"op": "remove", "path": 'members[value ne "nobody"]'})
    ),
    "in bulk": lambda api, staff, members: api.post(
        "/Bulk",
        json=_patch(
            {
                "method": "PATCH",
                "path": staff,
                "data": _patch({"op": "replace", "path": "members", "value": members}),
            }
        ),
    ),
}


@contextmanager
def busy(tenant: Tenant, staff: str, people: list[str], gone: int = 204) -> Iterator[None]:
    """Have several clients change several members each, without a pause.

    `gone` is what they may be answered besides a success.
    """
    over = Event()

    def work(number: int) -> None:
        chance = random.Random(number)
        with tenant.client() as api:
            while not over.is_set():
                some = chance.sample(people, 5)
                assert change(api, staff, chance.choice(["add", "remove"]), *some) in {204, gone}

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(work, number) for number in range(CLIENTS)]
        try:
            yield
        finally:
            over.set()
    for each in clients:
        each.result()


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_who_sets_the_members_of_a_busy_group_gets_a_turn(
    server: Server, tenant: Tenant, setting: Setting
) -> None:
    with tenant.client() as api:
        people = users(api, PEOPLE)
        staff = group(api, *people[: PEOPLE // 2])
        members = [{"value": each} for each in people[::2]]
        with busy(tenant, staff, people):
            answers = [setting(api, f"/Groups/{staff}", members) for _ in range(TURNS)]

    assert set(map(status, answers)) <= {"200", "204"}
    consistency.check(server.services, tenant.name)


def test_who_deletes_a_busy_group_gets_a_turn(server: Server, tenant: Tenant) -> None:
    with tenant.client() as api:
        people = users(api, PEOPLE)
        staff = group(api, *people[: PEOPLE // 2])
        with busy(tenant, staff, people, gone=404):
            answer = api.delete(f"/Groups/{staff}")

    assert answer.status_code == 204
    consistency.check(server.services, tenant.name)


def status(answer: httpx.Response) -> str:
    """Return the status of an answer, or that of the only operation of a bulk request."""
    if answer.request.url.path.endswith("/Bulk"):
        return str(answer.json()["Operations"][0]["status"])
    return str(answer.status_code)
