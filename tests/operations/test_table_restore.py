"""A tenant is brought back to an earlier time, and nobody who was shut out since comes with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from rollcall.model.brake import Disabled
from rollcall.operations import table_restore
from rollcall.operations.table_restore import Restored
from rollcall.operations.user_access import read_access
from rollcall.runtime.services import Services
from rollcall.scim.errors import NotFoundException, UnauthorizedException
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.resources import Resources
from rollcall.tenants.authentication import Authenticator
from tests.conftest import Server
from tests.directory.people import found, groups_of, members_of
from tests.operations.drill import PEOPLE, TENANT, Drill, deployment
from tests.operations.operators import Templates, finished
from tests.storage import consistency


@contextmanager
def damaged(server: Server) -> Iterator[Drill]:
    """Yield a tenant that was filled, copied, and then damaged, while some were shut out."""
    with deployment(server) as services:
        drill = Drill(services)
        drill.fill()
        with drill.copied():
            drill.shut_out()
            drill.damage()
            yield drill


@pytest.fixture
def drill(server: Server) -> Iterator[Drill]:
    """A damaged tenant."""
    with damaged(server) as drill:
        yield drill


@dataclass(frozen=True)
class Done:
    """A drill after its restore, what that returned, and the users in either table before it."""

    drill: Drill
    result: Restored
    before: dict[str, Any]
    started: str


@pytest.fixture(scope="module")
def done(server: Server) -> Iterator[Done]:
    """A tenant that is brought back once, for all who only look at it."""
    with damaged(server) as drill:
        before = documents(drill.copy, Kind.USER) | documents(drill.services, Kind.USER)
        started = instant(datetime.now(UTC))
        yield Done(drill, restore(drill), before, started)


def restore(drill: Drill, *, dry_run: bool = False) -> Restored:
    return finished(table_restore.restore(drill.operator, TENANT, drill.how, dry_run=dry_run))


def documents(services: Services, kind: Kind) -> dict[str, Any]:
    resources = Resources(services.table, TENANT)
    return {each: resources.read(kind, each) for each in resources.ids(kind)}


def test_what_was_damaged_is_as_it_was_at_the_time(done: Done) -> None:
    ids = done.drill.ids

    for name in ("ann", "fay", "gus", "hal", "dora"):
        document = done.drill.directory.users.read(ids[name]).record.document
        assert document["userName"] == f"{name}@x.test"
        assert "title" not in document
        assert document["emails"] == [{"value": f"{name}@x.test", "type": "work"}]
        assert found(done.drill.directory, f'userName eq "{name}@x.test"') == [ids[name]]
        assert found(done.drill.directory, f'emails.value eq "{name}@x.test"') == [ids[name]]
    assert members_of(done.drill.directory, ids["Inner"]) == {ids["gus"]}
    staff = {ids[name] for name in ("ann", "carl", "dora", "fay")}
    assert members_of(done.drill.directory, ids["Staff"]) == staff
    assert groups_of(done.drill.directory, ids["ann"]) == {ids["Staff"]}
    everybody = Templates(done.drill.operator, TENANT).show("everybody")
    assert (everybody.areas, everybody.version) == ({"induction": "read"}, 3)


def test_nobody_who_was_deleted_disabled_or_erased_since_is_back(done: Done) -> None:
    ids = done.drill.ids

    users = done.drill.directory.users
    for name in ("bob", "ed"):
        with pytest.raises(NotFoundException):
            users.read(ids[name])
        assert found(done.drill.directory, f'userName eq "{name}@x.test"') == []
    assert users.read(ids["carl"]).record.document["active"] is False
    with pytest.raises(NotFoundException):
        done.drill.directory.groups.read(ids["Old"])
    assert done.result.again == {
        "deleted": 2,
        "erased": 1,
        "disabled": 1,
        "access revoked": 2,
    }


def test_access_that_was_revoked_since_stays_revoked(done: Done) -> None:
    gus = read_access(done.drill.operator, TENANT, "gus@x.test").record.access
    assert dict(gus.areas) == {"induction": "read"}
    assert gus.role == ""
    dora = read_access(done.drill.operator, TENANT, "dora@x.test").record.access
    assert dict(dora.areas) == {"induction": "read", "code": "edit"}
    ann = read_access(done.drill.operator, TENANT, "ann@x.test").record.access
    assert dict(ann.areas) == {"induction": "read", "code": "edit", "wiki": "edit"}


def test_what_came_after_the_time_goes_and_leaves_a_tombstone(done: Done) -> None:
    for kind, name in ((Kind.USER, "new"), (Kind.GROUP, "Newer")):
        context = done.drill.operator.context(TENANT)
        item = context.table.get(context.writes.keys.document(kind, done.drill.ids[name]))
        assert item is not None
        assert "deleted" in item


def test_everything_that_is_stored_agrees_afterwards(done: Done) -> None:
    consistency.check(done.drill.services, TENANT)
    assert done.result.verification.remaining == ()
    assert done.result.failed == []


def test_versions_and_times_only_go_up(done: Done) -> None:
    before = done.before
    after = documents(done.drill.services, Kind.USER)
    changed = {each for each in after if after[each] != before[each]}
    assert done.drill.ids["fay"] in changed
    for each in changed:
        assert after[each].version > before[each].version
        assert after[each].modified >= done.started


def test_a_restore_that_is_repeated_writes_nothing(drill: Drill) -> None:
    restore(drill)
    before = consistency.items(drill.services, TENANT)

    restore(drill)

    after = consistency.items(drill.services, TENANT)
    changed = {place for place in {**before, **after} if before.get(place) != after.get(place)}
    assert {pk.partition("#")[0] for pk, _ in changed} == {"LOG"}


def test_a_dry_run_shows_the_difference_and_changes_nothing(drill: Drill) -> None:
    before = consistency.items(drill.services, TENANT)

    result = restore(drill, dry_run=True)

    assert consistency.items(drill.services, TENANT) == before
    assert drill.services.tenants.show(TENANT).state == "active"
    assert result.differences == {
        "groups only live": 1,
        "groups only in the copy": 1,
        "users only live": 1,
        "users only in the copy": 3,
        "users differs": 5,
        "memberships only in the copy": 7,
        "memberships only live": 2,
        "templates differs": 1,
    }
    assert all("@x.test" not in str(each) for each in drill.shown)


def test_the_tenant_is_closed_until_it_is_brought_back(drill: Drill) -> None:
    act = table_restore.restore(drill.operator, TENANT, drill.how)
    states = {drill.services.tenants.show(TENANT).state for _ in act}

    assert states == {"closed"}
    assert drill.services.tenants.show(TENANT).state == "active"


def test_a_copy_alone_does_not_bring_back_whom_the_list_of_erasures_names(drill: Drill) -> None:
    """The live table may have lost the tombstone, or all of it."""
    context = drill.operator.context(TENANT)
    lost = [context.writes.keys.document(Kind.USER, drill.ids[name]) for name in PEOPLE]
    context.table.delete(lost)
    noted = Disabled(drill.ids["carl"], instant(datetime.now(UTC)), True, "as it was left")
    BrakeItems(context.table, TENANT).note([noted])

    result = restore(drill)

    with pytest.raises(NotFoundException):
        drill.directory.users.read(drill.ids["ed"])
    assert found(drill.directory, 'userName eq "ed@x.test"') == []
    assert drill.directory.users.read(drill.ids["ann"]).record.user_name == "ann@x.test"
    assert result.again["erased"] == 1
    assert not drill.directory.users.read(
        drill.ids["carl"]
    ).record.active  # the brake's note says so
    assert result.again["disabled"] == 1
    consistency.check(drill.services, TENANT)


def test_a_credential_that_was_revoked_since_stays_revoked(drill: Drill) -> None:
    """Credentials are in Secrets Manager, which a copy of the table does not contain."""
    services = drill.services
    kept, revoked = (services.tokens(TENANT).issue(label, 30) for label in ("kept", "revoked"))
    services.tokens(TENANT).revoke(revoked.token.id)

    restore(drill)

    authenticator = Authenticator(services.secrets)
    assert authenticator.authenticate(TENANT, f"Bearer {kept.plain}").token_id == kept.token.id
    with pytest.raises(UnauthorizedException):
        authenticator.authenticate(TENANT, f"Bearer {revoked.plain}")
