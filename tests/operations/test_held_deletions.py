"""What operators decide about deletions that wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.directory.directory import Directory
from rollcall.directory.purge import Purge
from rollcall.model.access import Access
from rollcall.model.account_link import LOCAL, LinkPolicy
from rollcall.operations import held_deletions
from rollcall.operations.accounts import AccountError
from rollcall.operations.held_deletions import HeldError, HeldOutcome
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.scim.errors import NotFoundException, UniquenessException
from rollcall.scim.resource_type import Kind
from rollcall.storage.purge_stop import PurgeStop
from rollcall.templates.template import MEMBERSHIP, Selector, Template
from tests.directory.people import URL, group, members_of, patch, user
from tests.operations.operators import Templates, UserAccesses, finished, operator_of
from tests.storage import consistency


@pytest.fixture
def operator(services: Services) -> Iterator[Operator]:
    yield operator_of(services)
    consistency.check(services, "acme", moved=True)


@pytest.fixture
def client(services: Services, operator: Operator) -> Directory:
    """The directory as a client has it, where deletions wait."""
    context = services.context("acme", replace(operator.actor, actor="token:t1"))
    return Directory(replace(context, base_url=URL, linking=LinkPolicy(), grace=7))


def refused(operator: Operator, *ids: str, **more: Any) -> list[HeldOutcome]:
    accounts = held_deletions.select(operator, "acme", ids)
    results = finished(held_deletions.refuse(operator, "acme", accounts, **more))
    return [each.outcome for each in results]


def released(operator: Operator, *ids: str, **more: Any) -> list[HeldOutcome]:
    accounts = held_deletions.select(operator, "acme", ids)
    results = finished(held_deletions.release(operator, "acme", accounts, **more))
    return [each.outcome for each in results]


def test_a_refused_deletion_brings_the_account_back_disabled_and_local(
    operator: Operator, client: Directory
) -> None:
    ann = user(client, "ann", externalId="E1", title="Chief")
    team, gone = group(client, "Team", ann), group(client, "Gone", ann)
    client.users.delete(ann)
    client.groups.delete(gone)

    assert refused(operator, ann) == [HeldOutcome.BACK]

    answer = client.users.read(ann)
    assert answer.record.link == LOCAL
    assert (answer.resource["active"], answer.resource["title"]) == (False, "Chief")
    assert [each["value"] for each in answer.resource["groups"]] == [team]
    assert members_of(client, team) == {ann}
    assert held_deletions.view(operator, "acme").accounts == ()


def test_the_link_policy_decides_about_the_next_write(
    operator: Operator, client: Directory
) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)
    refused(operator, ann)

    with pytest.raises(UniquenessException):  # a POST links nothing under `match`
        client.users.create({"userName": "ann", "externalId": "E1"})
    client.users.patch(ann, patch(("replace", "active", True)))

    assert not client.users.read(ann).record.link.local


def test_access_that_lasts_and_access_that_follows_come_back(
    operator: Operator, client: Directory
) -> None:
    Templates(operator, "acme").set(
        [
            Template("everybody", areas={"induction": "read"}, role="regular"),
            Template("staff", Selector("displayName", "Staff"), {"code": "edit"}, lasts=MEMBERSHIP),
        ]
    )
    ann = user(client, "ann", externalId="E1")
    group(client, "Staff", ann)
    UserAccesses(operator, "acme").grant(ann, {"crm": "edit"}, "")
    before = client.users.read(ann).record.access
    client.users.delete(ann)
    assert client.context.resources.read_whole(ann) is None

    refused(operator, ann)

    def told(access: Access) -> tuple[dict[str, str], str, list[str]]:
        return dict(access.areas), access.role, sorted(access.granted)

    assert told(client.users.read(ann).record.access) == told(before)


def test_a_released_deletion_is_purged_now(operator: Operator, client: Directory) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)

    assert released(operator, ann, dry_run=True) == [HeldOutcome.PURGED]
    assert released(operator, ann) == [HeldOutcome.PURGED]

    with pytest.raises(HeldError, match=f"{ann} is not held"):
        held_deletions.select(operator, "acme", [ann])


def test_a_name_that_is_taken_is_told_and_another_solves_it(
    operator: Operator, client: Directory
) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)
    newcomer = user(client, "ann", externalId="E2")

    view = held_deletions.view(operator, "acme")
    assert view.holders == {ann: newcomer}
    assert refused(operator, ann, dry_run=True) == [HeldOutcome.NAME_TAKEN]
    assert refused(operator, ann) == [HeldOutcome.NAME_TAKEN]
    with pytest.raises(NotFoundException):
        client.users.read(ann)

    assert refused(operator, ann, user_name="ann.former") == [HeldOutcome.BACK]
    assert client.users.read(ann).resource["userName"] == "ann.former"
    assert client.users.read(newcomer).resource["userName"] == "ann"


def test_two_with_one_name_are_told_apart_by_what_is_decided_first(
    operator: Operator, client: Directory
) -> None:
    first = user(client, "ann", externalId="E1")
    client.users.delete(first)
    second = user(client, "ann", externalId="E2")
    client.users.delete(second)

    outcomes = refused(operator, first, second)

    assert outcomes == [HeldOutcome.BACK, HeldOutcome.NAME_TAKEN]


def test_a_name_that_nobody_may_have_is_refused(operator: Operator, client: Directory) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)

    with pytest.raises(AccountError):
        refused(operator, ann, user_name="a\x00b")
    with pytest.raises(HeldError, match="one account"):
        finished(held_deletions.refuse(operator, "acme", [], "ann"))


def test_what_was_decided_meanwhile_is_told(operator: Operator, client: Directory) -> None:
    ann = user(client, "ann", externalId="E1")
    client.users.delete(ann)
    accounts = held_deletions.select(operator, "acme", [], every=True)
    released(operator, ann)

    for act in (held_deletions.release, held_deletions.refuse):
        (result,) = finished(act(operator, "acme", accounts))
        assert result.outcome is HeldOutcome.GONE


def test_the_last_decision_lets_purging_go_on(operator: Operator, client: Directory) -> None:
    ann, bob = user(client, "ann"), user(client, "bob")
    client.users.delete(ann)
    client.users.delete(bob)
    stop = PurgeStop(operator.services.table, "acme")
    stop.set("2999-01-01T00:00:00.000Z")

    released(operator, ann)
    assert held_deletions.view(operator, "acme").stopped == stop.since() != ""
    refused(operator, bob)
    assert stop.since() == ""


def test_what_is_decided_is_in_the_log_with_the_reason(
    operator: Operator, client: Directory
) -> None:
    ann, bob = user(client, "ann"), user(client, "bob")
    client.users.delete(ann)
    client.users.delete(bob)
    because = operator.because("a filter was wrong")

    released(because, ann)
    refused(because, bob)

    log = operator.services.log("acme")
    now = datetime.now(UTC)
    entries = {entry.method: entry for entry in log.read(now - timedelta(days=1), now)}
    for method in ("brake release", "brake refuse"):
        assert (entries[method].reason, entries[method].actor) == (
            "a filter was wrong",
            "operator:ann",
        )


def test_a_tenant_that_was_never_set_waits_for_seven_days(operator: Operator) -> None:
    assert operator.services.tenants.show("acme").grace == 7


def test_of_sixty_in_a_hundred_that_a_client_deletes_none_is_lost(
    operator: Operator, client: Directory
) -> None:
    people = [user(client, f"u{number}", externalId=f"E{number}") for number in range(100)]
    team = group(client, "Team", *people[:50])
    for each in people[:60]:
        client.users.delete(each)
    services = operator.services
    later = datetime.now(UTC) + timedelta(days=30)
    purge = Purge(services.table, services.directory, lambda: later)

    newcomer = user(client, "u0", externalId="somebody else")
    assert newcomer not in people
    assert list(purge.run()) == []
    assert held_deletions.view(operator, "acme").stopped

    outcomes = refused(operator, *people[:30])
    assert outcomes == [HeldOutcome.NAME_TAKEN, *[HeldOutcome.BACK] * 29]
    assert refused(operator, people[0], user_name="u0.former") == [HeldOutcome.BACK]
    assert list(purge.run()) == []  # thirty wait for a decision
    assert released(operator, *people[30:60]) == [HeldOutcome.PURGED] * 30

    assert held_deletions.view(operator, "acme").stopped == ""
    assert members_of(client, team) == set(people[:30])
    assert client.context.resources.count(Kind.USER) == 71
    assert {client.users.read(each).resource["active"] for each in people[:30]} == {False}
