"""Searching: pages by index and by cursor, order, projection, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollcall.aws.clients import Clients
from rollcall.directory import matching
from rollcall.directory.search import Query
from rollcall.runtime.services import Services
from rollcall.scim.cursor import TIMEOUT
from rollcall.scim.errors import (
    ExpiredCursorException,
    InvalidCountException,
    InvalidCursorException,
    InvalidFilterException,
    InvalidPathException,
    InvalidValueException,
    TooManyException,
)
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind
from tests import dynamodb
from tests.conftest import deployment
from tests.search.conftest import Store
from tests.storage.faults import Request, answering, counted, preceded, refusal

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PEOPLE: list[tuple[str, dict[str, Any]]] = [
    ("zoe", {"title": "Chief", "emails": [{"value": "b@x", "type": "work"}], "active": True}),
    ("Ann", {"title": "clerk", "name": {"familyName": "Young"}, "active": False}),
    ("bob", {"emails": [{"value": "c@x"}, {"value": "a@x", "primary": True}]}),
    ("CID", {"title": "Baker", ENTERPRISE: {"department": "Sales"}, "active": True}),
    ("dan", {"name": {"familyName": "adams"}, ENTERPRISE: {"department": "law"}}),
]
CREATED = [name for name, _ in PEOPLE]


@pytest.fixture(scope="module")
def made(clients: Clients) -> tuple[list[dict[str, Any]], datetime]:
    """The items of the people, and the time when they had been created."""
    with deployment(clients) as services:
        store = Store(services)
        for name, attributes in PEOPLE:
            store.user(name, **attributes)
        return dynamodb.copied(services), store.now


@pytest.fixture
def people(store: Store, services: Services, made: tuple[list[dict[str, Any]], datetime]) -> Store:
    items, store.now = made
    dynamodb.paste(services, items)
    return store


def run(store: Store, *kinds: Kind, **query: Any) -> dict[str, Any]:
    return store.search.run(kinds or [Kind.USER], Query(**query))


def walk(store: Store, **query: Any) -> list[list[str]]:
    """Follow nextCursor to the end, then previousCursor back; both have to agree."""
    pages, cursors, cursor = [], [], ""
    while True:
        page = run(store, cursor=cursor, **query)
        pages.append([each["userName"] for each in page["Resources"]])
        cursors.append(page)
        if "nextCursor" not in page:
            break
        cursor = page["nextCursor"]
    back = []
    page = cursors[-1]
    while "previousCursor" in page:
        page = run(store, cursor=page["previousCursor"], **query)
        back.append([each["userName"] for each in page["Resources"]])
    assert [name for each in reversed(back) for name in each] == [
        name for each in pages[:-1] for name in each
    ]
    return pages


@pytest.mark.parametrize(
    ("start", "count", "names"),
    [
        (None, None, CREATED),
        (1, 2, CREATED[:2]),
        (3, 2, CREATED[2:4]),
        (5, 10, CREATED[4:]),
        (6, 10, []),
        (100, 1, []),
        (0, 2, CREATED[:2]),
        (-7, 1, CREATED[:1]),
        (1, 0, []),
        (2, -5, []),
    ],
)
@pytest.mark.parametrize("text", [None, "id pr", 'userName co ""'])
def test_a_page_by_index(
    start: int | None, count: int | None, names: list[str], text: str | None, people: Store
) -> None:
    page = run(people, start_index=start, count=count, filter=text)

    assert [each["userName"] for each in page["Resources"]] == names
    assert page["totalResults"] == 5
    assert page["startIndex"] == max(start or 1, 1)
    assert page["itemsPerPage"] == len(names)


def by_index(store: Store, size: int, **query: Any) -> Iterator[list[str]]:
    start = 1
    while names := store.names(start_index=start, count=size, **query):
        yield names
        start += size


ORDERS: list[dict[str, Any]] = [
    {},
    {"filter": 'userName co ""'},
    {"sort_by": "userName", "sort_order": "descending"},
    {"sort_by": "title"},
    {"sort_by": "title", "sort_order": "descending", "filter": "id pr"},
    {"filter": " or ".join(f'userName eq "more{each:02d}"' for each in range(40))},
]


@pytest.mark.parametrize("query", ORDERS)
def test_who_reads_by_index_misses_and_repeats_nobody_while_others_come_and_go(
    query: dict[str, Any], people: Store
) -> None:
    ids = {name: people.user(name) for name in (f"more{each:02d}" for each in range(40))}
    whole = people.names(**query)
    read: list[str] = []
    for page in by_index(people, 7, **query):
        read += page
        for name in page[:2]:  # some of those who were read leave
            if name in ids:
                people.users.delete(ids.pop(name))
        people.user(f"later{len(read)}")

    assert [name for name in read if not name.startswith("later")] == whole
    assert len(set(read)) == len(read)


def test_page_after_page_costs_the_same_however_far_from_the_start(
    people: Store, services: Services
) -> None:
    for number in range(60):
        people.user(f"more{number:02d}")
    read, costs = [], []
    for start in range(1, 66, 10):
        with counted(services.clients.dynamodb) as requests:
            read += people.names(start_index=start, count=10)
        costs.append(sorted(each.operation for each in requests))
        assert all(each.body.get("Limit", 0) <= 20 for each in requests)

    assert read == [*CREATED, *(f"more{number:02d}" for number in range(60))]
    assert costs[1] == costs[4] == ["BatchGetItem", "GetItem", "PutItem", "Query", "Query"]


def test_a_page_that_nobody_read_before_is_counted_without_reading_those_before_it(
    people: Store, services: Services
) -> None:
    for number in range(60):
        people.user(f"more{number:02d}")
    with counted(services.clients.dynamodb) as requests:
        assert people.names(start_index=51, count=2) == ["more45", "more46"]

    assert documents(requests) == [2]
    assert people.names(*Kind, start_index=64, count=9) == ["more58", "more59"]


def test_a_page_by_cursor_reads_what_it_shows_and_whether_there_is_more(
    people: Store, services: Services
) -> None:
    for number in range(150):
        people.user(f"more{number:03d}")
    with counted(services.clients.dynamodb) as requests:
        page = run(people, cursor="")

    made = [each.operation for each in requests]
    assert made == ["Query", "BatchGetItem", "BatchGetItem", "Query"]  # the last one for the total
    assert documents(requests) == [100, 1]
    with counted(services.clients.dynamodb) as requests:
        assert "nextCursor" not in run(people, cursor=page["nextCursor"])
    assert documents(requests) == [55]


def test_the_members_of_a_group_are_read_page_by_page_without_gathering_them(
    people: Store, services: Services
) -> None:
    ids = [people.user(f"member{number:02d}") for number in range(30)]
    nested = people.groups.create({"displayName": "Nested"}).record.id
    group = people.groups.create({"displayName": "Staff"}).record.id
    operation = {"op": "add", "path": "members", "value": [{"value": each} for each in ids]}
    people.groups.patch(group, {"Operations": [operation]})
    people.groups.patch(group, {"Operations": [{**operation, "value": nested}]})
    read: list[str] = []
    costs: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        with counted(services.clients.dynamodb) as requests:
            page = run(people, cursor=cursor, count=7, filter=f'groups.value eq "{group}"')
        costs.append([each.operation for each in requests])
        assert documents(requests) == [min(8, 30 - len(read)) + 1]  # the group beside them
        assert all(each.body.get("Limit", 0) <= 18 for each in requests)
        read += [each["id"] for each in page["Resources"]]
        cursor = page.get("nextCursor")

    assert read == sorted(ids)
    assert {tuple(each) for each in costs} == {("GetItem", "Query", "BatchGetItem")}
    assert "totalResults" not in page


@pytest.mark.parametrize(
    "text", ['groups eq "{}"', 'groups[value eq "{}"]', 'groups eq "{}" and active eq true']
)
def test_the_members_of_a_group_come_in_one_order_however_they_are_read(
    text: str, people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [people.user(f"member{number:02d}", active=number % 3 > 0) for number in range(20)]
    group = people.groups.create({"displayName": "Staff", "members": ids}).record.id
    query = {"filter": text.format(group)}
    whole = people.names(**query)

    expected = 13 if "active" in text else 20
    assert len(whole) == expected
    assert [name for page in walk(people, count=3, **query) for name in page] == whole
    assert [name for page in by_index(people, 3, **query) for name in page] == whole
    assert people.names(sort_by="userName", **query) == sorted(whole)
    monkeypatch.setattr(matching.Matching.__init__, "__kwdefaults__", {"max_walk": 5})
    with pytest.raises(TooManyException, match="with a cursor"):
        run(people, **query)
    assert [name for page in walk(people, count=9, **query) for name in page] == whole


@pytest.mark.parametrize("applied", [0, 1])
def test_a_change_of_members_that_is_begun_is_seen_as_a_whole(
    applied: int, people: Store, services: Services
) -> None:
    ids = sorted(people.user(f"member{number:02d}") for number in range(60))
    group = people.groups.create({"displayName": "Staff", "members": ids[:25]}).record.id
    operation = {"op": "replace", "path": "members", "value": ids[5::2]}
    busy = [None] * (1 + applied) + [refusal("ThrottlingException")] * 9
    with answering(services.clients.dynamodb, "TransactWriteItems", *busy):
        people.groups.patch(group, {"Operations": [operation]})
    members = services.directory("acme").groups.read(group).resource["members"]

    query = {"filter": f'groups.value eq "{group}"', "count": 4}
    whole = people.names(**{**query, "count": 200})
    assert [each["value"] for each in members] == ids[5::2]
    assert [each["id"] for each in run(people, **{**query, "count": 200})["Resources"]] == ids[5::2]
    assert [name for page in walk(people, **query) for name in page] == whole


def test_a_page_of_members_is_before_or_after_a_change_of_several(
    people: Store, services: Services
) -> None:
    ids = sorted(people.user(f"member{number:02d}") for number in range(10))
    group = people.groups.create({"displayName": "Staff", "members": ids[:5]}).record.id
    operation = {"op": "replace", "path": "members", "value": ids[5:]}

    def change() -> None:
        people.groups.patch(group, {"Operations": [operation]})

    with preceded(services.clients.dynamodb, "BatchGetItem", change) as left:
        page = run(people, cursor="", filter=f'groups.value eq "{group}"')

    assert not left
    assert [each["id"] for each in page["Resources"]] == ids[5:]


def documents(requests: list[Request]) -> list[int]:
    """Return how many documents each batch read."""
    read = [each.body["RequestItems"] for each in requests if each.operation == "BatchGetItem"]
    return [len(each["Keys"]) for batch in read for each in batch.values()]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"filter": "id pr"},
        {"filter": 'userName co "n" or title pr'},
        {"filter": 'userName eq "bob" or userName eq "ann"'},
        {"sort_by": "userName"},
        {"sort_by": "userName", "sort_order": "descending"},
        {"sort_by": "title"},
        {"sort_by": "meta.created", "sort_order": "descending"},
        {"sort_by": "name.familyName", "sort_order": "descending", "filter": "id pr"},
    ],
)
def test_a_cursor_walk_gives_everybody_once_in_the_order_of_one_large_page(
    size: int, query: dict[str, Any], people: Store
) -> None:
    pages = walk(people, count=size, **query)

    assert [name for page in pages for name in page] == people.names(**query)
    assert all(len(page) == size for page in pages[:-1])
    assert pages[-1]


def test_a_cursor_answers_without_start_index_and_with_a_total(people: Store) -> None:
    page = run(people, cursor="", count=2)

    assert "startIndex" not in page
    assert "previousCursor" not in page
    assert page["totalResults"] == 5
    assert page["itemsPerPage"] == 2


def test_a_cursor_is_of_one_tenant_and_one_query(people: Store, services: Services) -> None:
    cursor = run(people, cursor="", count=2, filter="id pr")["nextCursor"]
    other = Store(services, "other", key=b"other")

    for store, query in [
        (other, {"filter": "id pr"}),
        (people, {"filter": "title pr"}),
        (people, {}),
        (people, {"filter": "id pr", "sort_by": "title"}),
        (people, {"filter": "id pr", "sort_order": "descending"}),
    ]:
        with pytest.raises(InvalidCursorException):
            run(store, cursor=cursor, **query)
    with pytest.raises(InvalidCursorException):
        run(people, Kind.GROUP, cursor=cursor, filter="id pr")
    with pytest.raises(InvalidCountException):
        run(people, cursor=cursor, filter="id pr", count=3)
    assert len(run(people, cursor=cursor, filter="id pr")["Resources"]) == 2


def test_a_cursor_expires(people: Store) -> None:
    cursor = run(people, cursor="", count=2)["nextCursor"]
    people.now += timedelta(seconds=TIMEOUT + 1)

    with pytest.raises(ExpiredCursorException):
        run(people, cursor=cursor)


def test_a_cursor_that_was_tampered_with_is_invalid(people: Store) -> None:
    cursor = run(people, cursor="", count=2)["nextCursor"]

    for at in range(0, len(cursor), 3):
        changed = "A" if cursor[at] != "A" else "B"
        with pytest.raises(InvalidCursorException):
            run(people, cursor=cursor[:at] + changed + cursor[at + 1 :])


def test_cursor_and_start_index_exclude_each_other(people: Store) -> None:
    with pytest.raises(InvalidValueException):
        run(people, cursor="", start_index=1)


@pytest.mark.parametrize(
    ("sort_by", "names"),
    [
        ("userName", ["Ann", "bob", "CID", "dan", "zoe"]),
        ("USERNAME", ["Ann", "bob", "CID", "dan", "zoe"]),
        ("meta.created", CREATED),
        ("title", ["CID", "zoe", "Ann", "bob", "dan"]),
        ("emails", ["bob", "zoe", "Ann", "CID", "dan"]),
        ("emails.value", ["bob", "zoe", "Ann", "CID", "dan"]),
        ("name.familyName", ["dan", "Ann", "zoe", "bob", "CID"]),
        ("active", ["Ann", "zoe", "CID", "bob", "dan"]),
        (f"{ENTERPRISE}:department", ["dan", "CID", "zoe", "Ann", "bob"]),
        ("meta.lastModified", CREATED),
    ],
)
def test_an_order(sort_by: str, names: list[str], people: Store) -> None:
    assert people.names(sort_by=sort_by) == names
    assert people.names(sort_by=sort_by, sort_order="descending") == names[::-1]
    assert people.names(sort_by=sort_by, filter="id pr") == names
    assert people.names(sort_by=sort_by, start_index=2, count=2) == names[1:3]


@pytest.mark.parametrize("sort_by", ["bogus", "name", "x509Certificates", 'emails[type eq "work"]'])
def test_what_cannot_be_sorted_by_is_refused(sort_by: str, people: Store) -> None:
    with pytest.raises(InvalidPathException):
        run(people, sort_by=sort_by)


def test_an_order_is_ascending_or_descending(people: Store) -> None:
    with pytest.raises(InvalidValueException, match="sortOrder"):
        run(people, sort_by="title", sort_order="sideways")


@pytest.mark.parametrize("query", [{"filter": 'title co "e"'}, {"sort_by": "title"}])
def test_what_looks_at_too_many_is_refused(
    query: dict[str, Any], people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching.Matching.__init__, "__kwdefaults__", {"max_walk": 3})

    with pytest.raises(TooManyException, match="more than 3 resources"):
        run(people, **query)


def test_the_more_a_filter_compares_the_fewer_it_looks_at(
    people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "_MIN_WALK", 2)
    monkeypatch.setattr(matching.Matching.__init__, "__kwdefaults__", {"max_walk": 8})
    short, long = (" or ".join(['title co "e"'] * number) for number in (10, 20))

    assert people.names(filter=short) == ["zoe", "Ann", "CID"]
    with pytest.raises(TooManyException, match="more than 4 resources"):
        run(people, filter=long)
    assert [name for page in walk(people, filter=long) for name in page] == ["zoe", "Ann", "CID"]


def test_a_cursor_ends_a_page_early_where_too_many_would_be_looked_at(
    people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching.Matching.__init__, "__kwdefaults__", {"max_walk": 2})

    pages = walk(people, filter='title co "e"', count=10)

    assert [name for page in pages for name in page] == ["zoe", "Ann", "CID"]
    assert len(pages) >= 3


def test_a_filter_that_compares_many_values_is_refused_and_with_a_cursor_ends_pages_early(
    store: Store,
) -> None:
    several = " or ".join(['value eq "none"'] * 19 + ['value eq "r1"'])
    text = f"roles[{several}]"
    for number in range(6):
        store.user(f"u{number}", roles=[{"value": f"r{each}"} for each in range(40)])

    def page(room: int, cursor: str | None) -> dict[str, Any]:
        return store.search_with(room).run([Kind.USER], Query(filter=text, cursor=cursor))

    assert page(33_000, None)["totalResults"] == 6
    with pytest.raises(TooManyException, match="compares too many values"):
        page(250, None)
    with pytest.raises(TooManyException, match="compares too many values"):
        page(50, "")
    pages, cursor = list[list[str]](), ""
    while len(pages) < 10:
        answer = page(250, cursor)
        pages.append([each["userName"] for each in answer["Resources"]])
        if "nextCursor" not in answer:
            break
        cursor = answer["nextCursor"]
    assert pages == [["u0", "u1"], ["u2", "u3"], ["u4", "u5"]]


@pytest.mark.parametrize("text", ['userName sw "m"', 'externalId eq "x" and title ne "y"'])
def test_more_than_is_looked_up_is_walked_with_a_cursor(
    text: str, people: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        people.user(f"m{number:02d}", externalId="x")
    whole = people.names(filter=text)
    monkeypatch.setattr(matching.Matching.__init__, "__kwdefaults__", {"max_walk": 4})

    assert len(whole) == 12
    assert [name for page in walk(people, filter=text, count=3) for name in page] == whole
    with pytest.raises(TooManyException, match="with a cursor"):
        run(people, filter=text)
    with pytest.raises(TooManyException, match="order by"):
        run(people, filter=text, cursor="", sort_by="title")


def test_a_search_over_all_types_takes_attributes_that_only_some_have(people: Store) -> None:
    people.groups.create({"displayName": "bob"})

    assert people.names(*Kind, filter='userName eq "bob" or displayName eq "bob"') == ["bob", "bob"]
    assert people.names(*Kind, filter='userName eq "bob"') == ["bob"]
    assert run(people, *Kind)["totalResults"] == 6
    assert people.names(*Kind, count=2, start_index=5) == ["dan", "bob"]
    with pytest.raises(InvalidFilterException):
        run(people, *Kind, filter='bogus eq "x"')


@pytest.mark.parametrize(
    ("attributes", "excluded", "keys"),
    [
        (["userName"], None, {"schemas", "id", "userName"}),
        (["USERNAME,title"], None, {"schemas", "id", "userName", "title"}),
        (["emails.value"], None, {"schemas", "id", "emails"}),
        (["urn:ietf:params:scim:schemas:core:2.0:User:title"], None, {"schemas", "id", "title"}),
        (["bogus"], None, {"schemas", "id"}),
        (None, ["emails", "meta"], {"schemas", "id", "userName", "title", "active"}),
        (
            None,
            ["id", "schemas", "active", "title", "meta"],
            {"schemas", "id", "userName", "emails"},
        ),
    ],
)
def test_the_attributes_that_were_asked_for(
    attributes: list[str] | None, excluded: list[str] | None, keys: set[str], people: Store
) -> None:
    projection = Projection.of(attributes, excluded)

    page = run(people, filter='userName eq "zoe"', projection=projection)

    assert set(page["Resources"][0]) == keys


def test_members_that_are_left_out_are_not_read(people: Store, calls: list[str]) -> None:
    person = people.user("member")
    people.groups.create({"displayName": "Staff", "members": [{"value": person}]})
    calls.clear()

    page = run(
        people, Kind.GROUP, filter='displayName eq "staff"',
        projection=Projection.of(None, ["members"]),
    )  # fmt: skip

    assert "members" not in page["Resources"][0]
    assert calls == ["GetItem", "BatchGetItem"]


def test_names_that_begin_with_something_are_a_range(people: Store, calls: list[str]) -> None:
    people.user("ann@example.com")
    calls.clear()

    assert people.names(filter='userName sw "AN"') == ["Ann", "ann@example.com"]
    assert calls == ["Query", "BatchGetItem"]


def test_long_names_are_found_by_any_beginning(people: Store) -> None:
    long = "x" * 500
    people.user(long)
    people.user(f"{long}y")

    for length in (1, 100, 133, 134, 135, 199, 200, 201, 499, 500):
        assert people.names(filter=f'userName sw "{long[:length]}"') == [long, f"{long}y"]
    assert people.names(filter=f'userName eq "{long}"') == [long]
