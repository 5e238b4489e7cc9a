"""Walks while others write: nobody who was there throughout is missed or repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import httpx
import pytest

from tests.conftest import Tenant
from tests.long import LONG

USERS, OTHERS = (1000, 200) if LONG else (150, 40)
PAGE = 50 if LONG else 20

Walk = Callable[[httpx.Client], Iterator[list[str]]]


def by_cursor(api: httpx.Client) -> Iterator[list[str]]:
    cursor = ""
    while True:
        page = api.get("/Users", params={"cursor": cursor, "count": PAGE}).json()
        yield [each["userName"] for each in page["Resources"]]
        if "nextCursor" not in page:
            return
        cursor = page["nextCursor"]


def by_index(api: httpx.Client) -> Iterator[list[str]]:
    start = 1
    while True:
        page = api.get("/Users", params={"startIndex": start, "count": PAGE}).json()
        yield [each["userName"] for each in page["Resources"]]
        start += PAGE
        if len(page["Resources"]) < PAGE:
            return


def by_filter(api: httpx.Client) -> Iterator[list[str]]:
    cursor = ""
    while True:
        parameters = {"cursor": cursor, "count": str(PAGE), "filter": 'userName co "r"'}
        page = api.get("/Users", params=parameters).json()
        yield [each["userName"] for each in page["Resources"]]
        if "nextCursor" not in page:
            return
        cursor = page["nextCursor"]


@pytest.mark.parametrize("walk", [by_cursor, by_index, by_filter])
def test_a_walk_gives_everybody_once_while_others_come_and_go(walk: Walk, tenant: Tenant) -> None:
    with tenant.client() as api, ThreadPoolExecutor(8) as pool:

        def create(name: str) -> str:
            return str(api.post("/Users", json={"userName": name}).json()["id"])

        # Those who leave stand among those who stay.
        names = [f"stayer{each}" for each in range(USERS)]
        leaving = [f"leaver{each}" for each in range(OTHERS // 2)]
        mixed = sorted([*names, *leaving], key=lambda name: name[::-1])
        ids = dict(zip(mixed, pool.map(create, mixed), strict=True))
        begun, written = Event(), []

        def write() -> None:
            begun.wait(30)
            for number, name in enumerate(leaving):
                written.append(api.delete(f"/Users/{ids[name]}").status_code)
                written.append(api.post("/Users", json={"userName": f"comer{number}"}).status_code)

        writing = pool.submit(write)
        seen: list[str] = []
        for page in walk(api):
            seen += page
            begun.set()
        writing.result(120)

        counted = Counter(seen)
        assert Counter(written) == {204: OTHERS // 2, 201: OTHERS // 2}
        assert {name: counted[name] for name in names} == dict.fromkeys(names, 1)
        assert max(counted.values()) == 1
        total = api.get("/Users", params={"count": 0}).json()["totalResults"]
        assert total == USERS + OTHERS // 2
