"""Changes that are written down before they are true: found when nobody goes on, gone when over."""

from __future__ import annotations

import pytest

from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage import large_change_items as journals
from rollcall.storage.large_change_items import (
    PART_MEMBERS,
    DeletedResource,
    LargeChangeItems,
    MemberChanges,
    UnfinishedChange,
)
from rollcall.storage.resource_writes import ResourceWrites, begin_change
from rollcall.storage.table import Table
from rollcall.storage.transactions import ConditionFailed
from tests.storage import consistency
from tests.storage.faults import at_call

MORNING, NOON = "2026-05-01T08:00:00.000Z", "2026-05-01T12:00:00.000Z"
ADA = MemberChanges({"ada": Kind.USER}, {})
MANY = MemberChanges(
    {f"u{number}": Kind.USER for number in range(PART_MEMBERS)},
    {f"g{number}": Kind.GROUP for number in range(PART_MEMBERS + 1)},
)
"""A change of three parts."""


@pytest.fixture
def table(services: Services) -> Table:
    """The table, with the group sales in it."""
    document = {"schemas": [], "displayName": "sales"}
    record = Record(Kind.GROUP, "sales", document, 1, MORNING, MORNING)
    services.table.transact(ResourceWrites(services.table, "acme", Actor()).creation(record))
    return services.table


@pytest.fixture
def journal(table: Table) -> LargeChangeItems:
    return LargeChangeItems(table, "acme")


def written(journal: LargeChangeItems, changes: MemberChanges = ADA) -> str:
    return journal.write("sales", changes, Actor("r1", "token:t1"), NOON)


def begin(table: Table, journal: LargeChangeItems, change: str) -> None:
    """Make a change true."""
    writes = ResourceWrites(table, "acme", Actor())
    turn = begin_change(writes.group_update("sales", NOON), change)
    table.transact([turn, journal.check("sales", change)])


class Stopped(BaseException):
    """Somebody has stopped for good."""


def stop() -> None:
    raise Stopped


def parts(services: Services) -> list[str]:
    return sorted(sk for _, sk in consistency.items(services, "acme") if sk.startswith("JOURNAL"))


def test_a_change_is_read_as_it_was_written_however_large(journal: LargeChangeItems) -> None:
    change = written(journal, MANY)

    assert journal.read("sales", change) == MANY
    assert journal.read_actor("sales", change) == Actor("r1", "token:t1")


def test_of_what_nobody_wrote_nothing_is_read(journal: LargeChangeItems) -> None:
    assert journal.read("sales", "never") == MemberChanges({}, {})
    assert journal.read_actor("sales", "never") == Actor()


def test_what_is_written_is_unfinished_from_its_instant_on(
    table: Table, journal: LargeChangeItems
) -> None:
    change = written(journal, MANY)
    journal_of_another = LargeChangeItems(table, "other")
    other = journal_of_another.write("staff", ADA, Actor(), MORNING)

    assert list(journals.unfinished_changes(table, NOON)) == [
        UnfinishedChange("other", "staff", other, MORNING),
        UnfinishedChange("acme", "sales", change, NOON),
    ]
    assert [each.tenant for each in journals.unfinished_changes(table, MORNING)] == ["other"]


def test_a_change_that_was_discarded_leaves_nothing_and_cannot_become_true(
    services: Services, table: Table, journal: LargeChangeItems
) -> None:
    change = written(journal, MANY)

    assert journal.discard("sales", change)

    assert parts(services) == []
    with pytest.raises(ConditionFailed) as refusal:
        begin(table, journal, change)
    assert refusal.value.labels == {""}


def test_a_change_that_is_true_is_not_discarded(
    services: Services, table: Table, journal: LargeChangeItems
) -> None:
    change = written(journal, MANY)
    begin(table, journal, change)

    assert not journal.discard("sales", change)

    assert journal.read("sales", change) == MANY
    assert [each.change for each in journals.unfinished_changes(table, NOON)] == [change]


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_change_that_becomes_true_while_it_is_discarded_stays_or_does_not_become_true(
    services: Services, table: Table, journal: LargeChangeItems, call: int
) -> None:
    change = written(journal, MANY)

    def commit() -> None:
        try:
            begin(table, journal, change)
        except ConditionFailed as refusal:
            assert refusal.labels == {""}
        else:
            became_true.append(change)

    became_true: list[str] = []
    with at_call(services.clients.dynamodb, call, commit) as calls:
        discarded = journal.discard("sales", change)

    assert calls.came
    assert discarded != bool(became_true)
    expected = MANY if became_true else MemberChanges({}, {})
    assert journal.read("sales", change) == expected


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_two_who_discard_one_change_leave_nothing(
    services: Services, journal: LargeChangeItems, call: int
) -> None:
    change = written(journal, MANY)

    def other() -> object:
        return journal.discard("sales", change)

    with at_call(services.clients.dynamodb, call, other) as calls:
        journal.discard("sales", change)

    assert calls.came
    assert parts(services) == []


def test_of_what_is_not_there_nothing_is_left_to_discard(
    services: Services, journal: LargeChangeItems
) -> None:
    before = consistency.items(services, "acme")

    assert journal.discard("sales", "never")
    assert journal.discard("nothing", "never")

    assert consistency.items(services, "acme") == before


def test_a_change_beside_the_one_that_is_discarded_stays(
    table: Table, journal: LargeChangeItems, services: Services
) -> None:
    true, left = written(journal, MANY), written(journal, MANY)
    begin(table, journal, true)

    assert journal.discard("sales", left)

    assert journal.read("sales", true) == MANY
    assert [each.change for each in journals.unfinished_changes(table, NOON)] == [true]


@pytest.mark.parametrize("call", [2, 3, 4])
def test_a_discard_that_is_broken_off_goes_on_and_the_change_cannot_become_true_meanwhile(
    services: Services, table: Table, journal: LargeChangeItems, call: int
) -> None:
    change = written(journal, MANY)
    with at_call(services.clients.dynamodb, call, stop) as calls, pytest.raises(Stopped):
        journal.discard("sales", change)
    assert calls.came

    with pytest.raises(ConditionFailed) as refusal:
        begin(table, journal, change)
    assert refusal.value.labels == {""}
    (left,) = journals.unfinished_changes(table, NOON)
    assert journal.discard(left.id, left.change)

    assert parts(services) == []


@pytest.mark.parametrize("call", [2, 3, 4])
def test_what_a_writer_that_stops_halfway_leaves_is_found(
    services: Services, table: Table, journal: LargeChangeItems, call: int
) -> None:
    with at_call(services.clients.dynamodb, call, stop), pytest.raises(Stopped):
        written(journal, MANY)

    (left,) = journals.unfinished_changes(table, NOON)
    assert journal.discard(left.id, left.change)
    assert parts(services) == []


@pytest.mark.parametrize("call", [2, 3, 4])
def test_parts_that_are_written_after_the_change_was_discarded_go_when_it_cannot_become_true(
    services: Services, table: Table, journal: LargeChangeItems, call: int
) -> None:
    def discard() -> None:
        for left in journals.unfinished_changes(table, NOON):
            journal.discard(left.id, left.change)

    with at_call(services.clients.dynamodb, call, discard):
        change = written(journal, MANY)
    with pytest.raises(ConditionFailed):
        begin(table, journal, change)

    assert parts(services) != []
    assert journal.discard("sales", change)
    assert parts(services) == []


@pytest.mark.parametrize("kind", list(Kind))
def test_who_is_leaving_is_noted_until_it_has_left(
    table: Table, journal: LargeChangeItems, kind: Kind
) -> None:
    table.transact([journal.start_of_deletion(kind, "ada", Actor("r1", "token:t1"), NOON)])

    assert journal.read_deleted("ada") == DeletedResource(kind, Actor("r1", "token:t1"), NOON)
    assert list(journals.unfinished_changes(table, NOON)) == [
        UnfinishedChange("acme", "ada", "", NOON)
    ]

    journal.finish_deletion("ada", MORNING)
    assert journal.read_deleted("ada") is not None
    journal.finish_deletion("ada", NOON)
    assert journal.read_deleted("ada") is None
    assert list(journals.unfinished_changes(table, NOON)) == []
