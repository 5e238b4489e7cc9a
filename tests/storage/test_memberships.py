"""Memberships: two items each, written together, read from either side."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.runtime.services import Services
from rollcall.scim.resource_type import Kind
from rollcall.storage.group_members import GroupMembers
from rollcall.storage.memberships import Memberships
from rollcall.storage.resource_writes import ResourceWrites
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed
from tests.storage import consistency
from tests.storage.faults import counted

MORNING, NOON = "2026-05-01T08:00:00.000Z", "2026-05-01T12:00:00.000Z"
ADA, BOB = {"ada": Kind.USER}, {"bob": Kind.USER}


@pytest.fixture
def table(services: Services) -> Table:
    return services.table


@pytest.fixture
def resources(table: Table) -> Resources:
    """A tenant with the users ada and bob, the groups all and sales, and a deleted user."""
    writes = ResourceWrites(table, "acme", Actor())
    for kind, name in (
        (Kind.USER, "ada"),
        (Kind.USER, "bob"),
        (Kind.USER, "gone"),
        (Kind.GROUP, "all"),
        (Kind.GROUP, "sales"),
    ):
        table.transact(writes.creation(record(kind, name)))
    table.transact(writes.deletion(record(Kind.USER, "gone"), NOON, 4_102_444_800))
    return Resources(table, "acme")


@pytest.fixture
def memberships(table: Table, resources: Resources) -> Memberships:
    return Memberships(table, "acme", Actor("r1", "token:t1"))


def record(kind: Kind, name: str) -> Record:
    attribute = "userName" if kind is Kind.USER else "displayName"
    return Record(kind, name, {"schemas": [], attribute: name}, 1, MORNING, MORNING)


def added(memberships: Memberships, group: str, members: dict[str, Kind]) -> Iterable[Action]:
    return [
        *memberships.additions(group, members),
        *memberships.version_updates({group: Kind.GROUP, **members}, NOON),
    ]


def test_a_membership_is_seen_from_both_sides(
    services: Services, table: Table, memberships: Memberships
) -> None:
    table.transact([*added(memberships, "all", {**ADA, "sales": Kind.GROUP})])

    assert dict(memberships.iterate("all")) == {"ada": Kind.USER, "sales": Kind.GROUP}
    assert list(memberships.groups_of(Kind.USER, "ada")) == ["all"]
    assert list(memberships.groups_of(Kind.GROUP, "sales")) == ["all"]
    consistency.check(services, "acme")


def test_a_change_of_membership_raises_the_versions_of_both(
    table: Table, resources: Resources, memberships: Memberships
) -> None:
    table.transact([*added(memberships, "all", ADA)])

    for kind, identifier in ((Kind.GROUP, "all"), (Kind.USER, "ada")):
        current = resources.read(kind, identifier)
        assert current is not None
        assert (current.version, current.modified) == (2, NOON)


def test_an_ended_membership_is_seen_from_neither_side(
    services: Services, table: Table, memberships: Memberships
) -> None:
    table.transact([*added(memberships, "all", {**ADA, **BOB})])
    table.transact([*memberships.removals("all", ADA, NOON)])

    assert dict(memberships.iterate("all")) == BOB
    assert list(memberships.groups_of(Kind.USER, "ada")) == []
    consistency.check(services, "acme")


def test_the_second_of_two_additions_is_told_that_it_lost(
    table: Table, memberships: Memberships
) -> None:
    table.transact([*memberships.additions("all", ADA)])

    with pytest.raises(ConditionFailed):
        table.transact([*memberships.additions("all", {**ADA, **BOB})])

    assert dict(memberships.iterate("all")) == ADA


def test_the_second_of_two_removals_is_told_that_it_lost(
    table: Table, memberships: Memberships
) -> None:
    table.transact([*memberships.additions("all", ADA)])
    table.transact([*memberships.removals("all", ADA, NOON)])

    with pytest.raises(ConditionFailed):
        table.transact([*memberships.removals("all", ADA, NOON)])


@pytest.mark.parametrize(
    ("group", "members"), [("all", {"gone": Kind.USER}), ("none", ADA), ("all", {"x": Kind.USER})]
)
def test_nobody_becomes_a_member_when_one_side_does_not_live(
    services: Services,
    table: Table,
    memberships: Memberships,
    group: str,
    members: dict[str, Kind],
) -> None:
    with pytest.raises(ConditionFailed):
        table.transact([*added(memberships, group, members)])

    consistency.check(services, "acme")


def test_a_look_tells_members_the_living_the_deleted_and_the_unknown_apart(
    table: Table, memberships: Memberships
) -> None:
    table.transact([*added(memberships, "all", ADA)])

    group, known = memberships.read_candidates(
        "all", ["ada", "bob", "gone", "sales", "never", "nor this"]
    )

    assert group is not None
    assert (group.id, group.version) == ("all", 2)
    assert known.current == ADA
    assert known.living == {**BOB, "sales": Kind.GROUP}
    assert known.deleted == {"gone"}
    assert known.unknown == ["never", "nor this"]


def test_a_look_at_a_group_that_does_not_exist_finds_none(memberships: Memberships) -> None:
    assert memberships.read_candidates("none", ["ada"])[0] is None


def test_a_look_at_users_is_one_round_trip(services: Services, memberships: Memberships) -> None:
    with counted(services.clients.dynamodb) as requests:
        memberships.read_candidates("all", ["ada", "bob"])

    assert [each.operation for each in requests] == ["BatchGetItem"]


def test_an_id_of_any_length_is_looked_at(memberships: Memberships) -> None:
    _, known = memberships.read_candidates("all", ["x" * 5_000, "#", "\U0001f600" * 600])

    assert len(known.unknown) == 3


def test_memberships_among_pairs_are_found_with_one_round_trip(
    services: Services, table: Table, memberships: Memberships
) -> None:
    table.transact([*added(memberships, "all", ADA), *memberships.additions("sales", BOB)])

    with counted(services.clients.dynamodb) as requests:
        pairs = [("all", "ada"), ("all", "bob"), ("sales", "bob"), ("none", "x" * 3000)]
        found = GroupMembers(table, "acme").existing(pairs, {})

    assert found == {("all", "ada"): Kind.USER, ("sales", "bob"): Kind.USER}
    assert len(requests) == 1
