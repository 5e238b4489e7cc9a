"""Each page takes at most three round trips one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from rollcall.runtime.services import Services
from rollcall.storage.parallel_reads import MAX_THREADS, at_once
from tests.conftest import Server
from tests.console.consoles import OURS, Visitor, visitor
from tests.console.round_trips import counted
from tests.tenants import everything
from tests.tenants.conftest import own_services
from tests.tenants.everything import Filled

MOST = 3

PAGES = (  # with the ids of `everything`
    "/",
    "/t/acme/",
    "/t/acme/notes",
    "/t/acme/people",
    "/t/acme/people?q=ann%40x.test",
    "/t/acme/people?q=Stra%C3%9Fe+Ann&after=x",
    "/t/acme/people?q=Ann+Stra%C3%9Fe",
    "/t/acme/people/{ann}",
    "/t/acme/duplicates",
    "/t/acme/duplicates?state=dismissed",
    "/t/acme/duplicates/{finding}",
    "/t/acme/templates",
    "/t/acme/templates/everybody",
    "/t/acme/templates?user=ann%40x.test&group=Staff",
    "/t/acme/brake",
    "/t/acme/log",
    "/t/acme/log?method=PATCH&text=x",
    "/t/acme/log?q=ann%40x.test",
    "/t/acme/log?q={alias}&days=90",
    "/t/acme/log?q={stub}&status=4",
    "/t/acme/first-cycle",
    "/deployments",
    "/work",
)

NOTHING_READ = {"/t/acme/people", "/t/acme/first-cycle", "/deployments", "/work"}


@pytest.fixture(scope="module")
def acme(server: Server) -> Services:
    return own_services(server)


@pytest.fixture(scope="module")
def filled(acme: Services) -> Filled:
    """A tenant with something of everything."""
    return everything.fill(acme, "acme")


@pytest.fixture(scope="module")
def person(acme: Services, filled: Filled) -> Visitor:
    """A person at the console of that deployment, in which what is known of tenants is gathered."""
    acme.summaries.run(datetime.now(UTC))
    return visitor(acme)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_takes_three_round_trips_at_most(
    page: str, acme: Services, filled: Filled, person: Visitor
) -> None:
    path = page.format_map(filled.ids)
    with counted(acme) as taken:
        person.page(path)

    assert taken.number <= MOST, str(taken)
    assert taken.number or page in NOTHING_READ, "the calls of a page are not counted"


LONG = {  # with what it leads to
    "/acts/erase": (r'hx-post="/[^"/]+(/work/[\w-]+/plan)"', "Erase a person"),
    "/t/acme/people/{ann}/file": (r'href="/[^"/]+(/files/[\w-]+)"', "ann@x.test"),
}


@pytest.mark.parametrize("path", LONG)
def test_what_reads_the_whole_log_is_work_and_no_request_waits_for_it(
    path: str, acme: Services, filled: Filled, person: Visitor
) -> None:
    pattern, shown = LONG[path]
    form = {"tenant": "acme", "account": filled.ids["ann"]}
    with counted(acme) as begun:
        told = person.send(path.format_map(filled.ids), form).text
    told = person.ended(told)
    (led,) = re.findall(pattern, told)
    with counted(acme) as looked_at:
        person.page("/work")
        answer = (
            person.send(led)
            if led.endswith("/plan")
            else person.client.get(person.root + led, headers=OURS)
        )

    assert shown in answer.text
    assert 0 < begun.number <= MOST, str(begun)
    assert looked_at.number == 0, str(looked_at)


def test_to_follow_a_log_takes_a_round_trip_for_each_day(
    acme: Services, filled: Filled, person: Visitor
) -> None:
    shown = person.page("/t/acme/log?follow=1")
    (path,) = re.findall(r'hx-get="/[^"/]+(/t/acme/log/new\?log=[^"]+)"', shown)
    with counted(acme) as taken:
        person.page(path)

    assert taken.number <= 2, str(taken)


def test_reads_at_once_are_one_round_trip_as_far_as_there_are_threads(acme: Services) -> None:
    def read() -> None:
        acme.table.get({"pk": "x", "sk": "x"})

    def nested() -> None:
        at_once([read] * 2)
        read()

    cases: list[tuple[list[Callable[[], object]], int]] = [
        ([read], 1),
        ([read] * MAX_THREADS, 1),
        ([read] * (MAX_THREADS + 1), 2),
        ([nested, read, nested], 2),
        ([nested, partial(at_once, [nested, read])], 2),
    ]
    for reads, number in cases:
        with counted(acme) as taken:
            at_once(reads)
        assert taken.number == number, str(taken)

    with counted(acme) as taken:
        read()
        at_once([read, read])
        nested()
    assert (taken.number, str(taken)[:20]) == (4, "GetItem then (GetIte"), str(taken)
