"""Whoever reads members and is stopped before any of its calls sees before or after on each page.

Nobody is on two pages, and nobody is missing who was a member all the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeAlias

import pytest

from rollcall.directory import matching
from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.scim.errors import NotFoundException
from rollcall.scim.resource_type import Kind
from tests.directory.people import adding, members_of
from tests.faults.meetings import BACK, BEFORE, CHANGE, begin, staff
from tests.faults.points import Points
from tests.faults.world import World
from tests.faults.writes import SMALL, Write
from tests.long import LONG
from tests.storage.faults import at_call

MEMBERS = 'groups.value eq "staff"'
PAGE = 2
SPREAD = 4
"""In a short run the first call, and every fourth of the others."""

LOOKED_UP = ("u1", "u5")
"""One who leaves by the change, and one who comes."""

Pages: TypeAlias = "list[list[str]]"
Reading: TypeAlias = "Callable[[Directory], Pages]"


def whole(directory: Directory) -> Pages:
    try:
        return [sorted(members_of(directory, "staff"))]
    except NotFoundException:
        return [[]]


def listed(directory: Directory) -> Pages:
    answer = directory.search.run([Kind.GROUP], Query(filter='displayName eq "staff"'))
    found = [each.get("members", ()) for each in answer["Resources"]]
    return [sorted(each["value"] for members in found for each in members)]


def by_cursor(directory: Directory) -> Pages:
    pages: Pages = []
    cursor = ""
    while True:
        query = Query(filter=MEMBERS, cursor=cursor, count=PAGE)
        answer = directory.search.run([Kind.USER], query)
        pages.append([each["id"] for each in answer["Resources"]])
        if "nextCursor" not in answer:
            return pages
        cursor = answer["nextCursor"]


def by_index(directory: Directory) -> Pages:
    pages: Pages = []
    start = 1
    while True:
        query = Query(filter=MEMBERS, start_index=start, count=PAGE)
        answer = directory.search.run([Kind.USER], query)
        pages.append([each["id"] for each in answer["Resources"]])
        start += len(pages[-1])
        if not pages[-1] or start > answer["totalResults"]:
            return pages


def one_by_one(directory: Directory) -> Pages:
    pages: Pages = []
    for each in LOOKED_UP:
        query = Query(filter=f'id eq "staff" and members eq "{each}"')
        found = directory.search.run([Kind.GROUP], query)["Resources"]
        pages.append([each] if found else [])
    return pages


@dataclass(frozen=True)
class Others:
    """What others do, one thing after the other, and whether a change is begun before."""

    name: str
    acts: Sequence[Callable[[World], object]]
    begun: bool = False

    def __str__(self) -> str:
        return self.name


OTHERS = (
    Others("finish a change", [World.sweep], begun=True),
    Others("undo a change", [staff(BACK)], begun=True),
    Others("undo a change and make it again", [staff(BACK), staff(CHANGE)], begun=True),
    Others("undo a change and end in the middle", [lambda world: begin(world, BACK)], begun=True),
    Others("make a change", [staff(CHANGE)]),
    Others("begin a change", [begin]),
    Others("make and undo it", [staff(CHANGE), staff(BACK)]),
    Others("add one", [staff(adding("u7"))], begun=True),
    Others("delete a user", [lambda world: world.directory().users.delete("u5")], begun=True),
    Others("delete the group", [lambda world: world.directory().groups.delete("staff")]),
)


@pytest.mark.parametrize("others", OTHERS, ids=str)
@pytest.mark.parametrize("read", [whole, listed, by_cursor, by_index, one_by_one])
def test_a_reader_that_is_stopped_while_others_write(
    world: World,
    read: Reading,
    others: Others,
    points: Points,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matching, "_BATCH", PAGE)
    Write("", lambda _: None, BEFORE).arrange(world.directory())
    world.max_actions, world.page_items = SMALL, PAGE
    if others.begun:
        begin(world)
    world.keep()
    states = list(seen(world, others))

    for number in count(1) if LONG else count(1, SPREAD):
        world.set_back()
        with at_call(world.client, number, lambda: act(world, others)) as calls:
            pages = read(world.directory())
        if not calls.came:
            break
        assert follow(read, pages, states), f"{pages} at call {number} of {states}"
        points["stopped"] += 1
    assert points


def seen(world: World, others: Others) -> Iterator[list[str]]:
    """Yield who is a member before and after each thing that others do."""
    yield from whole(world.directory())
    for each in others.acts:
        each(world)
        yield from whole(world.directory())


def act(world: World, others: Others) -> None:
    for each in others.acts:
        each(world)


def follow(read: Reading, pages: Pages, states: Sequence[list[str]]) -> bool:
    """Tell whether each page is what comes next in some state, and in none older than the last."""
    last, oldest = "", 0
    for number, page in enumerate(pages):
        fitting = (
            at
            for at, state in enumerate(states[oldest:], oldest)
            if page == shown(read, number, [each for each in state if each > last])
        )
        oldest = next(fitting, -1)
        if oldest < 0:
            return False
        last = page[-1] if page and read in (by_cursor, by_index) else last
    throughout = set(states[0]).intersection(*states)
    return read is one_by_one or throughout <= {each for page in pages for each in page}


def shown(read: Reading, number: int, members: list[str]) -> list[str]:
    """Return what a page shows of those who come next."""
    if read is one_by_one:
        return [each for each in members if each == LOOKED_UP[number]]
    return members[:PAGE] if read in (by_cursor, by_index) else members
