"""Who meets an unfinished change of a group leaves it to its writer, then helps, and gives way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rollcall.aws.retry import Retry
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.large_changes import ALONE
from rollcall.directory.reservation import ATTEMPTS
from rollcall.model.actor import Actor
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.storage import large_change_items
from rollcall.storage.table import Table
from tests.directory.people import URL, adding, group, members_of, patch, removing, setting, users
from tests.storage.faults import Request, Time, answering, at_call, cancellation, counted, preceded

SMALL = 12
"""The actions of a transaction that holds the changes of three members."""

CONFLICT = cancellation("TransactionConflict", *["None"] * 9)


class Stopped(BaseException):
    """The process has ended."""


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def table(services: Services, time: Time) -> Table:
    """The table, in which a transaction holds little."""
    patience = Retry(clock=time.clock, sleep=time.sleep)
    return Table(services.clients.dynamodb, services.table.name, patience, SMALL)


@dataclass
class Met:
    """A group with an unfinished change, which makes nine people members, and a newcomer."""

    client: Any
    table: Table
    directory: Directory
    staff: str
    people: list[str]

    def add_newcomer(self) -> None:
        self.directory.groups.patch(self.staff, adding(self.people[9]))

    def finish(self) -> None:
        """Finish the change, as its writer would."""
        (unfinished,) = large_change_items.unfinished_changes(self.table, "9")
        assert Directory(Context(self.table, "acme", URL)).finish(unfinished)

    @property
    def is_complete(self) -> bool:
        finished = not list(large_change_items.unfinished_changes(self.table, "9"))
        return finished and members_of(self.directory, self.staff) == set(self.people)


@pytest.fixture
def met(services: Services, table: Table, directory: Directory) -> Met:
    """A group whose writer ended when its change was true and nothing of it was applied."""
    people, staff, client = users(directory, 10), group(directory, "Staff"), services.clients

    def stop() -> None:
        raise Stopped

    # It has read who is concerned, written the journal's head and part, and made the change true.
    with pytest.raises(Stopped), at_call(client.dynamodb, 5, stop):
        directory.groups.patch(staff, adding(*people[:9]))
    return Met(client.dynamodb, table, directory, staff, people)


def test_a_change_is_left_to_its_writer(met: Met, time: Time) -> None:
    waiting = [lambda: None, lambda: None, met.finish]
    with preceded(met.client, "GetItem", *waiting) as left, counted(met.client) as requests:
        met.add_newcomer()

    assert not left
    # Three pieces, the end of the change and of its journal, and the newcomer's own.
    written = [each for each in requests if each.operation == "TransactWriteItems"]
    assert len(written) == 3 + 2 + 1
    assert time.now < ALONE
    assert met.is_complete


def test_a_change_that_nobody_finishes_is_finished_by_who_meets_it(met: Met, time: Time) -> None:
    met.add_newcomer()

    assert ALONE <= time.now < ALONE + 1
    assert met.is_complete


def test_who_finishes_a_change_that_takes_long_then_makes_its_own(met: Met, time: Time) -> None:
    # Each of the pieces takes so long that together they outlast the patience of a request.
    slow = [lambda: time.sleep(5)] * 3
    with preceded(met.client, "TransactWriteItems", *slow) as left:
        met.add_newcomer()

    assert not left
    assert time.now > 15
    assert met.is_complete


def test_a_reservation_whose_owner_is_gone_holds_nobody_up_for_long(
    services: Services, table: Table, directory: Directory, time: Time
) -> None:
    people, staff = users(directory, 2), group(directory, "Staff")
    store = large_change_items.LargeChangeItems(table, "acme")
    store.reserve(staff, Actor(), "2026-01-01T00:00:00.000Z")

    assert members_of(directory, staff) == set()
    directory.groups.patch(staff, adding(*people))

    assert ALONE <= time.now < ALONE + 1
    assert members_of(directory, staff) == set(people)
    assert list(large_change_items.unfinished_changes(table, "9")) == []


def test_who_sets_the_members_reserves_them_when_others_were_faster_several_times(
    met: Met,
) -> None:
    directory, staff, people = met.directory, met.staff, met.people
    met.finish()

    def renaming(number: int) -> Callable[[], object]:
        return lambda: directory.groups.patch(staff, patch(("replace", "externalId", str(number))))

    # One before each transaction: of a try that loses, the second discards what was written down.
    others = [renaming(number) for number in range(2 * ATTEMPTS)]
    with (
        preceded(met.client, "TransactWriteItems", *others) as left,
        counted(met.client) as requests,
    ):
        directory.groups.patch(staff, setting(*people[5:]))

    assert not left
    assert [each for each in requests if is_reservation(each)]
    assert members_of(directory, staff) == set(people[5:])
    assert list(large_change_items.unfinished_changes(met.table, "9")) == []


def is_reservation(request: Request) -> bool:
    return any(
        each.get("Update", {}).get("UpdateExpression") == "SET pending = :name"
        for each in request.actions
    )


def test_a_helper_whose_piece_meets_a_conflict_gives_way(met: Met, time: Time) -> None:
    with answering(met.client, "TransactWriteItems", None, CONFLICT) as left:
        met.add_newcomer()

    assert not left
    assert 2 * ALONE <= time.now < 2 * (ALONE + 1)
    assert met.is_complete


def test_who_meets_a_change_that_is_not_finished_in_time_is_told_to_come_again(
    met: Met, time: Time
) -> None:
    with (
        answering(met.client, "TransactWriteItems", *[CONFLICT] * 1_000) as left,
        pytest.raises(Unavailable) as failure,
    ):
        met.add_newcomer()

    assert (failure.value.status, failure.value.retry_after) == (429, 1)
    assert 1_000 - len(left) <= 8 / ALONE
    assert 8 <= time.now < 8 + ALONE + 1
    met.add_newcomer()
    assert met.is_complete


def test_the_writer_of_a_change_gives_way_to_nobody(
    services: Services, directory: Directory, time: Time
) -> None:
    people, staff = users(directory, 10), group(directory, "Staff")

    with answering(services.clients.dynamodb, "TransactWriteItems", None, *[CONFLICT] * 5) as left:
        directory.groups.patch(staff, adding(*people))

    assert not left
    assert len(time.pauses) == 5
    assert members_of(directory, staff) == set(people)


def test_a_writer_whose_pieces_stay_in_others_way_answers_in_time(
    services: Services, directory: Directory, time: Time
) -> None:
    people, staff, client = users(directory, 10), group(directory, "Staff"), services.clients

    # The pieces share the time: the first meets conflicts for a while, the second for ever.
    conflicts = (*[CONFLICT] * 15, None, *[CONFLICT] * 1_000)
    with answering(client.dynamodb, "TransactWriteItems", None, *conflicts):
        directory.groups.patch(staff, adding(*people))

    assert 8 <= time.now < 9
    assert members_of(directory, staff) == set(people)
    directory.groups.patch(staff, removing(people[0]))
    assert members_of(directory, staff) == set(people[1:])
