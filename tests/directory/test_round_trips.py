"""What operations cost: round trips to DynamoDB, one after the other, whatever is stored."""

from __future__ import annotations

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.search import Query
from rollcall.model.account_link import LINKED, LOCAL, LinkPolicy
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Table
from tests.directory.people import URL, USER, adding, group, patch, titled, user, users

READ, BATCH, PAGES, WRITE = "GetItem", "BatchGetItem", "Query", "TransactWriteItems"


def search(directory: Directory, kind: Kind, text: str | None, *excluded: str) -> int:
    projection = Projection.of(None, excluded)
    page = directory.search.run([kind], Query(filter=text, projection=projection))
    return int(page["totalResults"])


def test_the_connection_test_takes_one_read(directory: Directory, calls: list[str]) -> None:
    assert search(directory, Kind.USER, 'userName eq "nobody"') == 0
    assert calls == [READ]


def test_finding_a_user_by_name_takes_two_reads(directory: Directory, calls: list[str]) -> None:
    user(directory, "ann")
    calls.clear()

    assert search(directory, Kind.USER, 'userName eq "ANN"') == 1
    assert calls == [READ, BATCH]


def test_a_user_and_its_groups_take_one_read(directory: Directory, calls: list[str]) -> None:
    ann = user(directory, "ann")
    for number in range(12):
        group(directory, f"g{number}", ann)
    calls.clear()

    assert len(directory.users.read(ann).resource["groups"]) == 12
    assert calls == [PAGES]


def test_creating_a_user_takes_a_read_and_a_transaction(
    directory: Directory, calls: list[str]
) -> None:
    user(directory, "ann")

    assert calls == [READ, WRITE]


def test_patching_a_user_takes_a_read_and_a_transaction(
    directory: Directory, calls: list[str]
) -> None:
    ann = user(directory, "ann")
    calls.clear()
    directory.users.patch(ann, patch(("replace", "title", "Chief")))

    assert calls == [PAGES, WRITE]


def test_a_patch_that_changes_nothing_writes_nothing(
    directory: Directory, calls: list[str]
) -> None:
    ann = user(directory, "ann", title="Chief")
    staff = group(directory, "Staff", ann)
    before = directory.users.read(ann), directory.groups.read(staff)
    calls.clear()
    directory.users.patch(ann, patch(("replace", "title", "Chief")))
    directory.groups.patch(staff, adding(ann))

    assert WRITE not in calls
    assert (directory.users.read(ann), directory.groups.read(staff)) == before


@pytest.mark.parametrize("size", [0, 10, 30])
def test_a_membership_takes_a_read_and_a_transaction_at_any_size(
    size: int, directory: Directory, calls: list[str]
) -> None:
    people = users(directory, size)
    staff = group(directory, "Staff", *people)
    ann = user(directory, "ann")
    calls.clear()

    directory.groups.patch(staff, adding(ann))
    assert calls == [BATCH, WRITE]

    calls.clear()
    directory.groups.patch(staff, patch(("remove", f'members[value eq "{ann}"]', None)))
    assert calls == [BATCH, WRITE]


def test_a_group_without_its_members_takes_one_read(directory: Directory, calls: list[str]) -> None:
    staff = group(directory, "Staff", *users(directory, 5))
    calls.clear()

    assert "members" not in directory.groups.read(staff, members=False).resource
    assert calls == [READ]


def test_a_membership_check_reads_two_items_and_no_other_member(
    directory: Directory, calls: list[str]
) -> None:
    people = users(directory, 5)
    staff = group(directory, "Staff", *people)
    calls.clear()

    text = f'id eq "{staff}" and members eq "{people[2]}"'
    assert search(directory, Kind.GROUP, text, "members") == 1
    assert calls == [BATCH, BATCH]


def test_a_list_takes_two_reads_and_one_for_the_total(
    directory: Directory, calls: list[str]
) -> None:
    users(directory, 20)
    calls.clear()

    assert search(directory, Kind.USER, None) == 20
    assert sorted(calls) == [BATCH, PAGES, PAGES]


def test_linking_an_account_takes_no_further_round_trip(
    directory: Directory, table: Table, calls: list[str]
) -> None:
    ann = directory.users.create({"schemas": [USER], "userName": "ann"}, link=LOCAL).record.id
    client = Directory(Context(table, "acme", URL, linking=LinkPolicy()))
    calls.clear()

    assert client.users.patch(ann, titled("Chief")).record.link == LINKED
    assert calls == [PAGES, WRITE]
