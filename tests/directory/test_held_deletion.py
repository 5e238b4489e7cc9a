"""Deletions of clients that wait: for the client they are done, and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.aws.retry import Retry
from rollcall.directory import deletion, held_deletion
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.purge import Purge
from rollcall.model.account_link import LinkPolicy
from rollcall.model.brake import BrakeSwitch
from rollcall.runtime.services import Services
from rollcall.scim.document import MAX_DOCUMENT
from rollcall.scim.errors import NotFoundException, UniquenessException
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.held_accounts import MAX_BYTES, HeldAccount, HeldAccounts, encoded_groups
from rollcall.storage.table import Table
from tests.directory.people import (
    URL,
    adding,
    found,
    group,
    groups_of,
    members_of,
    patch,
    user,
)
from tests.storage import consistency
from tests.storage.faults import preceded

NOW = datetime(2026, 11, 27, 12, 30, tzinfo=UTC)
GRACE = 7


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(services: Services, table: Table, clock: Clock) -> Iterator[Directory]:
    """The directory as a client has it, where deletions wait."""
    yield Directory(Context(table, "acme", URL, linking=LinkPolicy(), grace=GRACE, clock=clock))
    consistency.check(services, "acme")


@pytest.fixture
def purge(table: Table, clock: Clock) -> Purge:
    return Purge(table, lambda tenant: Directory(Context(table, tenant, URL)), clock)


def held(client: Directory, identifier: str) -> HeldAccount:
    account = client.context.held_accounts.read(identifier)
    assert account is not None
    return account


def waiting(client: Directory) -> list[str]:
    return [identifier for _, identifier in client.context.held_accounts.waiting()]


def test_for_the_client_a_deletion_that_waits_is_done(client: Directory) -> None:
    ann = user(client, "ann", externalId="E1", emails=[{"value": "ann@x.test"}])
    team = group(client, "Team", ann)

    client.users.delete(ann)

    with pytest.raises(NotFoundException):
        client.users.read(ann)
    with pytest.raises(NotFoundException):
        client.users.delete(ann)
    for text in ('userName eq "ann"', 'externalId eq "E1"', 'emails.value eq "ann@x.test"'):
        assert found(client, text) == []
    assert members_of(client, team) == set()
    client.groups.patch(team, adding(ann))  # as any deleted id: skipped
    assert members_of(client, team) == set()
    assert user(client, "ann") != ann


def test_what_is_held_is_all_that_bringing_it_back_takes(client: Directory) -> None:
    ann = user(client, "ann", externalId="E1", title="Chief")
    teams = {group(client, "Team", ann), group(client, "Crew", ann)}

    client.users.delete(ann)

    account = held(client, ann)
    assert (account.user_name, account.document["title"]) == ("ann", "Chief")
    assert set(account.groups) == teams
    assert account.due == instant(NOW + timedelta(days=GRACE))
    assert [each.id for each in client.context.held_accounts.all()] == [ann]


def test_a_deletion_by_an_operator_does_not_wait(client: Directory, directory: Directory) -> None:
    ann = user(client, "ann", externalId="E1")

    directory.users.delete(ann)

    assert client.context.held_accounts.read(ann) is None
    assert waiting(client) == []


def test_a_post_of_the_same_name_and_external_id_takes_the_account_back(client: Directory) -> None:
    ann = user(client, "ann", externalId="E1", title="Chief", locale="de-DE")
    team = group(client, "Team", ann)
    client.users.delete(ann)

    answer = client.users.create({"userName": "Ann", "externalId": "E1", "title": "Boss"})

    assert answer.record.id == ann
    assert client.users.read(ann).resource["title"] == "Boss"
    assert client.users.read(ann).resource["locale"] == "de-DE"
    assert members_of(client, team) == set()  # these are the client's to say again
    assert waiting(client) == []


def test_who_still_waits_is_taken_back_where_no_deletion_waits_any_more(client: Directory) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)

    at_once = Directory(replace(client.context, grace=0))

    assert user(at_once, "ann", externalId="E1") == ann
    assert waiting(client) == []


@pytest.mark.parametrize(
    ("before", "posted"),
    [
        ({"externalId": "E1"}, {"externalId": "E2"}),
        ({"externalId": "E1"}, {}),
        ({}, {"externalId": "E1"}),
        ({}, {}),
    ],
)
def test_another_person_who_gets_the_name_is_a_new_account(
    client: Directory, before: dict[str, Any], posted: dict[str, Any]
) -> None:
    ann = user(client, "ann", **before)
    client.users.delete(ann)

    answer = client.users.create({"userName": "ann", **posted})

    assert answer.record.id != ann
    assert waiting(client) == [ann]
    with pytest.raises(UniquenessException):
        client.users.create({"userName": "ann", **before})


def test_another_name_takes_nothing_back(client: Directory) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)

    assert user(client, "anna", externalId="E1") != ann
    assert waiting(client) == [ann]


def test_of_two_accounts_that_are_held_the_latest_is_taken_back(
    client: Directory, clock: Clock
) -> None:
    first = user(client, "ann", externalId="E1")
    client.users.delete(first)
    clock.now += timedelta(hours=1)
    other = user(client, "anna", externalId="E1")
    client.users.patch(other, patch(("replace", "userName", "ann")))
    client.users.delete(other)

    assert user(client, "ann", externalId="E1") == other
    assert waiting(client) == [first]


def test_it_is_purged_when_its_grace_is_over(client: Directory, clock: Clock, purge: Purge) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)

    clock.now += timedelta(days=GRACE) - timedelta(hours=1)
    assert list(purge.run()) == []
    clock.now += timedelta(hours=2)
    assert list(purge.run()) == [("acme", ann)]

    assert waiting(client) == []
    assert list(purge.run()) == []
    assert user(client, "ann", externalId="E1") != ann


def test_a_grace_of_nothing_deletes_as_ever(client: Directory) -> None:
    at_once = Directory(replace(client.context, grace=0))
    ann = user(at_once, "ann", externalId="E1")

    at_once.users.delete(ann)

    assert client.context.held_accounts.read(ann) is None


def crowd(client: Directory, number: int) -> list[str]:
    return [user(client, f"u{each}", externalId=f"E{each}") for each in range(number)]


@pytest.mark.parametrize(("accounts", "purged"), [(60, 12), (59, 0)])
def test_more_than_one_in_five_stop_the_purge(
    client: Directory, clock: Clock, purge: Purge, accounts: int, purged: int
) -> None:
    for each in crowd(client, accounts)[:12]:
        client.users.delete(each)
    clock.now += timedelta(days=8)

    assert len(list(purge.run())) == purged
    assert bool(client.context.purge_stop.since()) is not bool(purged)


def test_a_stop_is_noted_once(client: Directory, clock: Clock, purge: Purge) -> None:
    noted: list[tuple[str, str]] = []
    for each in crowd(client, 12):
        client.users.delete(each)
    clock.now += timedelta(days=8)
    noting = replace(purge, note_stop=lambda tenant, since: noted.append((tenant, since)))

    assert list(noting.run()) == list(noting.run()) == []

    assert noted == [("acme", instant(clock.now))]


def test_fewer_than_ten_stop_nothing(client: Directory, clock: Clock, purge: Purge) -> None:
    for each in crowd(client, 9):
        client.users.delete(each)
    clock.now += timedelta(days=8)

    assert len(list(purge.run())) == 9


def test_a_stop_ends_when_somebody_has_decided_about_each(
    client: Directory, clock: Clock, purge: Purge
) -> None:
    accounts = crowd(client, 20)
    for each in accounts[:12]:
        client.users.delete(each)
    clock.now += timedelta(days=8)
    assert list(purge.run()) == []

    for each in accounts[:11]:  # fewer than a fifth are left, and a person is still deciding
        assert held_deletion.purge(client.context, held(client, each))
    assert list(purge.run()) == []
    assert held_deletion.purge(client.context, held(client, accounts[11]))
    clock.now += timedelta(minutes=1)
    client.users.delete(accounts[12])
    clock.now += timedelta(days=8)
    assert list(purge.run()) == [("acme", accounts[12])]


def test_planned_work_stops_nothing(
    client: Directory, table: Table, clock: Clock, purge: Purge
) -> None:
    accounts = crowd(client, 20)
    switch = BrakeSwitch(instant(NOW), instant(NOW + timedelta(hours=1)), "ann")
    BrakeItems(table, "acme").set_switch(switch)
    for each in accounts[:12]:
        client.users.delete(each)
    clock.now += timedelta(days=8)

    assert len(list(purge.run())) == 12


def test_a_purge_of_one_tenant_does_not_wait_for_another_that_is_stopped(
    client: Directory, table: Table, clock: Clock, purge: Purge
) -> None:
    for each in crowd(client, 12):
        client.users.delete(each)
    other = Directory(replace(client.context, tenant="other"))
    ann = user(other, "ann")
    other.users.delete(ann)
    clock.now += timedelta(days=8)

    assert list(purge.run()) == [("other", ann)]


def test_who_is_deleted_again_before_all_groups_are_joined_keeps_all_of_them(
    client: Directory,
) -> None:
    ann = user(client, "ann", externalId="E1")
    teams = {group(client, f"Team {number}", ann) for number in range(3)}
    client.users.delete(ann)
    account = held(client, ann)
    _, actions = held_deletion.bring_back(
        client.context, account, dict(account.document), account.link, tuple(account.groups)
    )
    client.context.commit(actions)  # and the process ends

    client.users.delete(ann)

    assert set(held(client, ann).groups) == teams


def test_groups_that_have_no_room_are_left_out() -> None:
    ids = [f"{number:036}" for number in range(20_000)]

    text = encoded_groups(ids, MAX_BYTES)

    assert len(text) <= MAX_BYTES
    assert text.split() == ids[: len(text.split())]
    assert encoded_groups(ids[:1], 10) == ""


def test_the_largest_document_is_held_with_the_groups_that_fit(table: Table) -> None:
    document = {"userName": "ann", "title": "x" * (MAX_DOCUMENT - 40)}
    groups = [f"{number:036}" for number in range(5_000)]
    large = HeldAccount("u", document, 1, "1", "2", "3", groups=groups)

    kept = HeldAccounts(table, "acme").holding(large).item

    assert len(json.dumps(kept)) < 400_000
    assert 0 < len(kept["groups"].split()) < len(groups)


def test_the_account_of_a_tombstone_is_no_member(client: Directory) -> None:
    ann = user(client, "ann")
    client.users.delete(ann)

    made = client.groups.create(
        {"displayName": "Team", "members": [{"value": ann}], "schemas": [Kind.GROUP.schema]}
    )

    assert members_of(client, made.record.id) == set()


def test_what_a_copy_holds_of_a_deletion_is_found_and_repaired(
    client: Directory, services: Services
) -> None:
    ann, bob = user(client, "ann", externalId="E1"), user(client, "bob", externalId="E2")
    for each in (ann, bob):
        client.users.delete(each)
    keys = client.context.resources.keys
    client.context.table.delete([keys.held(bob)])

    (fault,) = [each for each in consistency.verified(services, "acme") if "waits" in each.sentence]
    assert bob in fault.sentence
    client.context.table.transact(fault.repairs)
    for left in consistency.verified(services, "acme"):  # the lookup of its externalId
        client.context.table.transact(left.repairs)

    assert consistency.verified(services, "acme") == []
    assert waiting(client) == [ann]


def test_a_deletion_that_is_late_leaves_the_memberships_of_who_is_back(
    services: Services, client: Directory
) -> None:
    ann = user(client, "ann", externalId="E1")
    teams = [group(client, f"Team {number}", ann) for number in range(40)]

    def come_back() -> None:
        """Take the account back and join a group, while the deletion is about to end that."""
        assert user(client, "ann", externalId="E1") == ann
        client.groups.patch(teams[0], adding(ann))

    with preceded(services.clients.dynamodb, "TransactWriteItems", lambda: None, come_back) as left:
        client.users.delete(ann)

    assert left == []
    assert groups_of(client, ann) == {teams[0]}
    assert members_of(client, teams[0]) == {ann}


class StoppedError(Exception):
    """A process ends here."""


def test_a_deletion_that_is_late_leaves_the_note_of_another_one(
    services: Services, client: Directory, clock: Clock
) -> None:
    ann = user(client, "ann", externalId="E1")
    teams = [group(client, f"Team {number}", ann) for number in range(40)]
    notes, dynamodb = client.context.large_changes, services.clients.dynamodb

    def nothing() -> None:
        """Let the call pass."""

    def stop() -> None:
        raise StoppedError

    def come_back_and_go() -> None:
        """Take the account back, and delete it again in pieces, the first alone."""
        assert deletion.finish(client.context, ann)
        assert user(client, "ann", externalId="E1") == ann
        for team in teams:
            client.groups.patch(team, adding(ann))
        clock.now += timedelta(hours=1)
        with preceded(dynamodb, "TransactWriteItems", nothing, stop), suppress(StoppedError):
            client.users.delete(ann)

    with preceded(dynamodb, "DeleteItem", come_back_and_go) as left:
        client.users.delete(ann)

    assert left == []
    assert notes.read_deleted(ann) is not None
    assert deletion.finish(client.context, ann)
    assert list(client.context.memberships.groups_of(Kind.USER, ann)) == []


def test_a_late_index_purges_nobody_who_was_deleted_again(
    services: Services, client: Directory, clock: Clock, purge: Purge
) -> None:
    ann, bob = user(client, "ann", externalId="E1"), user(client, "bob", externalId="E2")
    client.users.delete(ann)
    client.users.delete(bob)
    clock.now += timedelta(days=8)

    passing = purge.run()
    first = next(passing)[1]  # both were found in the index by now
    name, external_id, other = ("bob", "E2", bob) if first == ann else ("ann", "E1", ann)
    assert user(client, name, externalId=external_id) == other
    client.users.delete(other)

    assert list(passing) == []
    assert waiting(client) == [other]


class Passing:
    """A clock of an operator far away: each look at it takes a while."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 3
        return self.now


def test_who_is_slow_to_join_groups_goes_on_where_the_time_was_over(
    services: Services, client: Directory
) -> None:
    ann = user(client, "ann", externalId="E1")
    teams = {group(client, f"Team {number}", ann) for number in range(8)}
    client.users.delete(ann)
    account = held(client, ann)
    _, actions = held_deletion.bring_back(
        client.context, account, dict(account.document), account.link, tuple(account.groups)
    )
    client.context.commit(actions)
    slow = Table(services.clients.dynamodb, services.table.name, Retry(clock=Passing()))

    passes = 1
    while not held_deletion.finish_return(replace(client.context, table=slow), ann):
        passes += 1
        assert passes < 10

    assert passes > 1
    assert groups_of(client, ann) == teams
