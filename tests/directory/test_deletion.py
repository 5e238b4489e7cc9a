"""Deletion: whatever it takes, memberships end on both sides and only a tombstone is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.sweep import Sweep
from rollcall.runtime.services import Services
from rollcall.scim.errors import NotFoundException
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Table
from tests.conftest import Server
from tests.directory.people import (
    URL,
    adding,
    group,
    groups_of,
    members_of,
    user,
    users,
)
from tests.storage import consistency
from tests.storage.faults import Request, answering, cancellation, counted, preceded, success


def test_a_deleted_user_leaves_its_groups_which_stay(directory: Directory) -> None:
    ada, bob = users(directory, 2)
    sales, staff = group(directory, "sales", ada), group(directory, "staff", ada, bob)

    directory.users.delete(ada)

    assert members_of(directory, sales) == set()
    assert members_of(directory, staff) == {bob}
    assert directory.groups.read(staff).record.version == 2
    assert directory.users.read(bob).record.version == 2


def test_a_deleted_group_leaves_its_members_and_its_parents_which_stay(
    directory: Directory,
) -> None:
    ada = user(directory, "ada")
    child = group(directory, "child")
    sales = group(directory, "sales", ada, child)
    parent = group(directory, "parent", sales)

    directory.groups.delete(sales)

    assert groups_of(directory, ada) == set()
    assert members_of(directory, parent) == set()
    assert members_of(directory, child) == set()
    assert directory.counts() == {Kind.USER: 1, Kind.GROUP: 2}


def test_groups_that_contain_each_other_are_deleted(directory: Directory) -> None:
    one = group(directory, "one")
    two = group(directory, "two", one)
    directory.groups.patch(one, adding(two))

    directory.groups.delete(one)
    directory.groups.delete(two)

    assert directory.counts()[Kind.GROUP] == 0


@pytest.fixture
def large(server: Server) -> Iterator[Directory]:
    """The directory of a new tenant on the emulator, which many writes do not make slow."""
    tenant = server.tenant()
    yield server.services.directory(tenant.name, URL)
    consistency.check(server.services, tenant.name)


def transactions(requests: list[Request]) -> list[int]:
    """Return the numbers of actions of the transactions among round trips."""
    return [len(each.actions) for each in requests if each.operation == "TransactWriteItems"]


def test_a_user_in_sixty_groups_is_deleted(server: Server, large: Directory) -> None:
    ada = user(large, "ada")
    groups = [group(large, f"group{number}", ada) for number in range(60)]

    with counted(server.services.clients.dynamodb) as requests:
        large.users.delete(ada)

    assert transactions(requests) == [
        5,
        100,
        82,
    ]  # of which one checks that the account is not back
    assert max(transactions(requests)) <= 100
    assert all(members_of(large, each) == set() for each in groups)
    with pytest.raises(NotFoundException):
        large.users.read(ada)


def test_a_group_of_a_hundred_members_is_deleted(server: Server, large: Directory) -> None:
    people = users(large, 100)
    sales = group(large, "sales")
    for at in range(0, 100, 25):
        large.groups.patch(sales, adding(*people[at : at + 25]))

    with counted(server.services.clients.dynamodb) as requests:
        large.groups.delete(sales)

    assert transactions(requests) == [4, 99, 99, 99, 3]
    assert max(transactions(requests)) <= 100
    assert all(groups_of(large, each) == set() for each in people)
    assert large.counts() == {Kind.USER: 100, Kind.GROUP: 0}


def test_a_large_deletion_that_is_broken_off_is_true_and_is_finished_later(
    services: Services, table: Table, directory: Directory
) -> None:
    ada = user(directory, "ada")
    groups = [group(directory, f"group{number}", ada) for number in range(40)]

    conflict = cancellation("TransactionConflict")
    # The pieces share the time: the first meets conflicts for a while, the second for ever.
    in_the_way = [*[conflict] * 15, None, *[conflict] * 1_000]
    with answering(services.clients.dynamodb, "TransactWriteItems", None, *in_the_way):
        directory.users.delete(ada)

    assert 8 <= table.retry.clock() < 9
    with pytest.raises(NotFoundException):
        directory.users.read(ada)
    assert all(members_of(directory, each) == set() for each in groups)
    assert ("LEAVING", ada) in consistency.items(services, "acme")

    an_hour_later = Sweep(
        table, lambda _: directory, clock=lambda: datetime.now(UTC) + timedelta(hours=1)
    )
    assert [each.id for each in an_hour_later.run()] == [ada]


def test_the_id_of_a_deleted_user_is_remembered_for_ninety_days(
    services: Services, directory: Directory
) -> None:
    ada = user(directory, "ada")

    directory.users.delete(ada)

    kept = consistency.items(services, "acme")[f"USER#{ada}", "DOCUMENT"]
    day = 86_400
    seconds = int(kept["expires"]) - datetime.fromisoformat(kept["deleted"]).timestamp()
    assert 90 * day - 2 <= seconds <= 90 * day
    left = {pk for pk, _ in consistency.items(services, "acme") if not pk.startswith("COUNT")}
    assert left == {f"USER#{ada}"}


def living(services: Services) -> list[str]:
    """Return the names of whoever lives."""
    documents = [each.get("document") for each in consistency.items(services, "acme").values()]
    return [each for each in documents if each is not None]


def test_clearing_deletes_everybody(services: Services, directory: Directory) -> None:
    ada, bob = users(directory, 2)
    group(directory, "staff", ada, bob, group(directory, "sales", ada))
    directory.users.delete(bob)
    other = Directory(Context(services.table, "other", URL))
    user(other, "ada")

    assert sorted(directory.clear()) == [Kind.GROUP, Kind.GROUP, Kind.USER]

    assert living(services) == []
    assert set(directory.counts().values()) == {0}
    assert other.counts()[Kind.USER] == 1


def listing(*answers: dict[str, Any] | None) -> list[dict[str, Any] | None]:
    """Return the answers to the queries of a clearing: those about groups, then these."""
    return [None, None, None, *answers]


def test_clearing_waits_for_whom_the_listing_does_not_show_yet(
    services: Services, directory: Directory
) -> None:
    user(directory, "ada")
    nobody = success(Items=[])

    answers = listing(nobody, None, nobody, None)
    with answering(services.clients.dynamodb, "Query", *answers) as left:
        assert list(directory.clear()) == [Kind.USER]

    assert not left
    assert living(services) == []


def test_clearing_goes_on_when_somebody_else_deletes_the_same(
    services: Services, directory: Directory
) -> None:
    ada, _ = users(directory, 2)

    with preceded(
        services.clients.dynamodb, "TransactWriteItems", lambda: directory.users.delete(ada)
    ):
        assert list(directory.clear()) == [Kind.USER]

    assert living(services) == []
