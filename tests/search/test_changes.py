"""Reading by change: what changed since an instant, page by page, the deleted among it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP, Kind
from rollcall.storage.keys import CHANGE_SHARDS, Keys
from rollcall.storage.table import Table
from tests.directory.people import URL, adding, group, titled, user
from tests.storage import consistency
from tests.storage.faults import counted, registered
from tests.storage.units import metered


class Clock:
    """A clock that a second passes on with every look."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    @property
    def text(self) -> str:
        """The present as a filter names it."""
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(services: Services, clock: Clock) -> Iterator[Directory]:
    table = Table(services.clients.dynamodb, services.table.name)
    yield Directory(Context(table, "acme", URL, key=b"k" * 32, clock=clock))
    consistency.check(services, "acme")


def pages(
    directory: Directory, text: str, count: int = 3, *kinds: Kind
) -> list[list[dict[str, Any]]]:
    """Return the pages of a search by cursor."""
    read, cursor = [], ""
    while True:
        query = Query(filter=text, cursor=cursor, count=count)
        page = directory.search.run(list(kinds) or [Kind.USER], query)
        read.append(page["Resources"])
        if "nextCursor" not in page:
            return read
        cursor = page["nextCursor"]


def read(directory: Directory, text: str, count: int = 3, *kinds: Kind) -> list[str]:
    every = (each for page in pages(directory, text, count, *kinds) for each in page)
    return [each.get("userName") or each.get("displayName") or f"-{each['id']}" for each in every]


def since(clock: Clock) -> str:
    return f'meta.lastModified gt "{clock.text}"'


def test_what_changed_comes_in_the_order_of_change(directory: Directory, clock: Clock) -> None:
    people = [user(directory, f"user{each}") for each in range(8)]
    begin = since(clock)
    for each in (5, 2, 7, 0):
        directory.users.patch(people[each], titled("Chief"))
    user(directory, "new")

    assert read(directory, begin) == ["user5", "user2", "user7", "user0", "new"]
    everything = read(directory, 'meta.lastModified ge "2026-01-01T00:00:00Z"')
    assert everything == [
        "user1", "user3", "user4", "user6", "user5", "user2", "user7", "user0", "new",
    ]  # fmt: skip


def test_who_changes_while_pages_are_read_comes_again_and_nobody_is_left_out(
    directory: Directory, clock: Clock
) -> None:
    begin = since(clock)
    people = [user(directory, f"user{each}") for each in range(7)]
    first = directory.search.run([Kind.USER], Query(filter=begin, cursor="", count=3))
    directory.users.patch(people[0], titled("Chief"))
    directory.users.patch(people[5], titled("Chief"))
    names, cursor = [each["userName"] for each in first["Resources"]], first["nextCursor"]
    while cursor:
        query = Query(filter=begin, cursor=cursor, count=3)
        page = directory.search.run([Kind.USER], query)
        names += [each["userName"] for each in page["Resources"]]
        cursor = page.get("nextCursor")

    assert names == ["user0", "user1", "user2", "user3", "user4", "user6", "user0", "user5"]


def test_several_that_changed_at_one_instant_are_parted_between_pages(
    directory: Directory, clock: Clock
) -> None:
    people = [user(directory, f"user{each}") for each in range(9)]
    begin = since(clock)
    staff = group(directory, "Staff", *people)
    clock.now += timedelta(seconds=1)

    assert sorted(read(directory, begin, 2)) == [f"user{each}" for each in range(9)]
    found = [each["id"] for page in pages(directory, begin, 2) for each in page]
    assert found == sorted(people)
    assert read(directory, begin, 2, Kind.GROUP) == ["Staff"]
    assert directory.groups.read(staff, members=False).record.version == 1


def test_pages_are_read_backwards_as_well(directory: Directory, clock: Clock) -> None:
    begin = since(clock)
    people = [user(directory, f"user{each}") for each in range(6)]
    group(directory, "Staff", *people[:4])
    first = directory.search.run([Kind.USER], Query(filter=begin, cursor="", count=2))
    query = Query(filter=begin, cursor=first["nextCursor"], count=2)
    second = directory.search.run([Kind.USER], query)
    query = Query(filter=begin, cursor=second["previousCursor"], count=2)
    back = directory.search.run([Kind.USER], query)

    assert back["Resources"] == first["Resources"]
    assert "previousCursor" not in back


def test_deleted_users_are_shown_to_those_who_ask_for_them(
    directory: Directory, clock: Clock
) -> None:
    ada, eve = user(directory, "ada"), user(directory, "eve")
    begin = clock.text
    changed = f'meta.lastModified gt "{begin}"'
    deleted = f'{ROLLCALL}:deleted gt "{begin}"'
    directory.users.patch(eve, titled("Chief"))
    directory.users.delete(ada)
    bob = user(directory, "bob")

    assert read(directory, changed) == ["eve", "bob"]
    assert read(directory, f"{changed} or {deleted}") == ["eve", f"-{ada}", "bob"]
    assert read(directory, deleted) == [f"-{ada}"]
    assert read(directory, f"{ROLLCALL}:deleted pr") == [f"-{ada}"]
    assert read(directory, f'id eq "{ada}" and {ROLLCALL}:deleted pr') == [f"-{ada}"]
    assert read(directory, f"not ({ROLLCALL}:deleted pr)") == ["eve", "bob"]
    assert [each["id"] for each in pages(directory, changed)[0]] == [eve, bob]


def test_a_tombstone_says_when_and_which_version_and_nothing_else(
    directory: Directory, clock: Clock
) -> None:
    ada = user(directory, "ada")
    directory.users.delete(ada)

    ((tombstone,),) = pages(directory, f"{ROLLCALL}:deleted pr")
    at = tombstone[ROLLCALL]["deleted"]
    assert tombstone == {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ROLLCALL],
        "id": ada,
        ROLLCALL: {"deleted": at},
        "meta": {
            "resourceType": "User",
            "created": tombstone["meta"]["created"],
            "lastModified": at,
            "location": f"{URL}/Users/{ada}",
            "version": 'W/"2"',
        },
    }


def test_groups_are_read_by_change_and_deleted_ones_too(directory: Directory, clock: Clock) -> None:
    staff, board = group(directory, "Staff"), group(directory, "Board")
    begin = clock.text
    directory.groups.patch(staff, adding(user(directory, "ada")))
    directory.groups.delete(board)

    assert read(directory, f'meta.lastModified gt "{begin}"', 3, Kind.GROUP) == ["Staff"]
    deleted = f'{ROLLCALL_GROUP}:deleted gt "{begin}"'
    assert read(directory, deleted, 3, Kind.GROUP) == [f"-{board}"]


def test_both_types_are_read_by_change_one_after_the_other(
    directory: Directory, clock: Clock
) -> None:
    begin = since(clock)
    group(directory, "Staff", user(directory, "ada"))

    assert read(directory, begin, 1, *Kind) == ["ada", "Staff"]
    assert read(directory, f'{begin} and userName eq "ada"', 1, *Kind) == ["ada"]


def test_without_a_cursor_the_same_are_found(directory: Directory, clock: Clock) -> None:
    begin = since(clock)
    people = [user(directory, f"user{each}") for each in range(4)]
    directory.users.delete(people[2])
    text = f"{begin} or {ROLLCALL}:deleted pr"

    page = directory.search.run([Kind.USER], Query(filter=text))
    assert page["totalResults"] == 4
    assert [each["id"] for each in page["Resources"]] == [people[each] for each in (0, 1, 3, 2)]
    by_name = directory.search.run([Kind.USER], Query(filter=text, sort_by="userName"))
    assert [each["id"] for each in by_name["Resources"]] == [people[each] for each in (0, 1, 3, 2)]


def test_what_did_not_change_is_not_looked_at(
    directory: Directory, clock: Clock, services: Services
) -> None:
    people = [user(directory, f"user{each}") for each in range(40)]
    clock()
    begin = since(clock)
    directory.users.patch(people[7], titled("Chief"))
    with counted(services.clients.dynamodb) as requests:
        page = directory.search.run([Kind.USER], Query(filter=begin, cursor="", count=100))

    assert [each["userName"] for each in page["Resources"]] == ["user7"]
    assert [each.operation for each in requests] == ["Query"] * CHANGE_SHARDS + ["BatchGetItem"]
    (asked,) = requests[-1].body["RequestItems"].values()
    assert len(asked["Keys"]) == 1


def test_the_partitions_of_the_order_of_change_are_read_at_once(
    directory: Directory, clock: Clock, services: Services
) -> None:
    begin = since(clock)
    user(directory, "ada")
    all_asked = Barrier(CHANGE_SHARDS, timeout=30)

    def wait(**_: Any) -> None:
        all_asked.wait()

    with registered(services.clients.dynamodb, "before-call.dynamodb.Query", wait):
        assert read(directory, begin) == ["ada"]


PARTITION_OF = Keys("acme").change_partition_of


def stored_in_four(services: Services, *people: str) -> None:
    """Put documents into the partitions where a release with four of them had them."""
    for each in people:
        key = Keys("acme").document(Kind.USER, each)
        item = services.table.get(key)
        assert item is not None
        services.table.put(key, {**item, "feed": item["feed"].replace("#MORE", "")})


def feeds(services: Services, *people: str) -> set[str]:
    items = (services.table.get(Keys("acme").document(Kind.USER, each)) for each in people)
    return {item["feed"] for item in items if item is not None}


def test_what_a_release_with_four_partitions_wrote_is_read_and_moves_with_its_next_change(
    directory: Directory, clock: Clock, services: Services
) -> None:
    begin = since(clock)
    names = [f"user{each}" for each in range(40)]
    people = [each for each in names if "#MORE#" in PARTITION_OF(Kind.USER, each)][:4]
    for each in people:
        directory.users.create({"userName": each}, each)
    left, changed, member, deleted = people
    stored_in_four(services, *people)
    assert not any("#MORE#" in each for each in feeds(services, *people))
    assert read(directory, begin) == people
    assert consistency.verified(services, "acme") == []

    directory.users.patch(changed, titled("Chief"))
    staff = group(directory, "staff")
    directory.groups.patch(staff, adding(member))
    directory.users.delete(deleted)

    assert all("#MORE#" in each for each in feeds(services, changed, member, deleted))
    assert not any("#MORE#" in each for each in feeds(services, left))
    assert read(directory, begin) == [left, changed, member]
    assert consistency.verified(services, "acme") == []


@pytest.mark.parametrize("others", [10, 150])
def test_what_it_costs_depends_on_what_changed_and_not_on_how_many_there_are(
    others: int, directory: Directory, clock: Clock, services: Services
) -> None:
    people = [user(directory, f"user{each}") for each in range(others)]
    clock()
    begin = since(clock)
    for each in people[:8]:
        directory.users.patch(each, titled("Chief"))

    with metered(services.clients.dynamodb) as cost:
        page = directory.search.run([Kind.USER], Query(filter=begin, cursor="", count=100))

    assert len(page["Resources"]) == 8
    assert cost.total == (9, 12.0, 0.0)  # eight queries of half a unit, and a unit a document


@pytest.mark.parametrize(
    "instant", ["2026-01-01T01:00:03+01:00", "2026-01-01T00:00:03", "2026-01-01T00:00:02.9999Z"]
)
def test_an_instant_may_be_written_as_it_likes(instant: str, directory: Directory) -> None:
    for name in ("ada", "eve", "bob"):
        user(directory, name)

    found = read(directory, f'meta.lastModified ge "{instant}"')
    assert found == ["bob"]
