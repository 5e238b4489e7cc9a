"""A copy takes the table's place, and nobody who was shut out since the time is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from rollcall.aws.table_copies import TableCopies
from rollcall.directory.directory import Directory
from rollcall.operations import person_search, table_switch
from rollcall.operations.operator import Operator
from rollcall.operations.table_switch import PreparedCopy
from rollcall.operations.user_access import read_access
from rollcall.runtime.services import Services
from rollcall.scim import indexing
from rollcall.scim.errors import NotFoundException
from rollcall.scim.resource_type import Kind
from rollcall.storage.used_assertions import UsedAssertions
from rollcall.tenants import closure
from rollcall.tenants.handover import HandoverService
from rollcall.tenants.tenants import TenantError
from tests.conftest import Server
from tests.directory.people import found, groups_of, members_of, user
from tests.operations.drill import TENANT, Drill, deployment
from tests.operations.operators import finished
from tests.storage import consistency

GONE = "gone"
"""A tenant that is deleted after the time."""


@dataclass(frozen=True)
class Switched:
    """A drill whose table is the prepared copy by now, and the link that was used since."""

    drill: Drill
    prepared: PreparedCopy
    code: str
    versions: dict[str, int]

    @property
    def operator(self) -> Operator:
        return replace(self.drill.operator, services=self.drill.copy)

    @property
    def directory(self) -> Directory:
        return Directory(self.operator.context(TENANT))


def ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the copy for ready: the engine has no recovery; `tests/aws` checks these calls."""
    monkeypatch.setattr(TableCopies, "make_ready_to_serve", lambda *_: True)


@pytest.fixture(scope="module")
def switched(server: Server) -> Iterator[Switched]:
    with deployment(server) as services, pytest.MonkeyPatch.context() as patched:
        ready(patched)
        drill = Drill(services)
        drill.fill()
        services.tenants.add(GONE)
        user(services.directory(GONE), "somebody@x.test")
        links = HandoverService(services.table, services.tenants)
        code = links.offer(TENANT, timedelta(days=1)).code
        with drill.copied():
            drill.shut_out()
            drill.damage()
            links.reveal(code)
            UsedAssertions(services.table).note("digest", 2_000_000_000)
            services.tenants.delete(GONE)
            drill.operator.because("left").record("tenants delete", GONE)
            versions = _versions(services)
            _halve_transactions(drill)
            prepared = finished(table_switch.prepare(drill.operator, drill.how))
            states = services.tenants.show(TENANT).state
            assert states == "closed"
            assert table_switch.reopen(drill.operator, drill.how) == [TENANT]
            yield Switched(drill, prepared, code, versions)


def _halve_transactions(drill: Drill) -> None:
    """Take from the copy what a transaction wrote beside the rest, as a copy may lack it."""
    context = drill.copy.directory(TENANT).context
    keys, ids = context.writes.keys, drill.ids
    claim = indexing.claim(Kind.USER, {"userName": "hal@x.test"})
    context.table.delete(
        [keys.claim(Kind.USER, claim), keys.membership(Kind.USER, ids["ann"], ids["Staff"])]
    )


def _versions(services: Services) -> dict[str, int]:
    context = services.directory(TENANT).context
    users = context.resources.read_many(Kind.USER, context.resources.ids(Kind.USER))
    return {each: record.version for each, record in users.items()}


def test_nobody_who_was_shut_out_since_is_in_the_copy(switched: Switched) -> None:
    ids, directory = switched.drill.ids, switched.directory

    for name in ("bob", "ed"):
        with pytest.raises(NotFoundException):
            directory.users.read(ids[name])
        assert found(directory, f'userName eq "{name}@x.test"') == []
    assert directory.users.read(ids["carl"]).record.document["active"] is False
    gus = read_access(switched.operator, TENANT, "gus@x.test").record.access
    assert dict(gus.areas) == {"induction": "read"}
    with pytest.raises(NotFoundException):
        directory.groups.read(ids["Old"])


def test_nothing_in_the_copy_says_who_an_erased_person_was(switched: Switched) -> None:
    assert person_search.find(switched.operator, TENANT, "bob@x.test") != []
    assert person_search.find(switched.operator, TENANT, "ed@x.test") == []

    context, ed = switched.directory.context, switched.drill.ids["ed"]
    left = list(context.table.query(context.resources.keys.partition(Kind.USER, ed)))
    assert len(left) == 1
    assert "erased" in left[0]
    assert not {"gone", "link", "access"} & left[0].keys()


def test_the_log_of_the_deployment_is_as_it_is_now(switched: Switched) -> None:
    acts = list(switched.drill.copy.deployment_log().read(switched.drill.how.at))

    table, copy = switched.drill.services.table.name, switched.prepared.name
    assert [(each.act, each.target, each.reason) for each in acts] == [
        ("tenants delete", GONE, "left"),
        ("restore --whole-table", copy, "a drill"),
    ]
    live = switched.drill.services.deployment_log().read(switched.drill.how.at)
    assert [(each.act, each.target) for each in live][-1] == ("restore --reopen", table)


def test_everything_else_is_as_it_was(switched: Switched) -> None:
    ids, directory = switched.drill.ids, switched.directory

    for name in ("ann", "fay", "hal"):
        assert found(directory, f'emails.value eq "{name}@x.test"') == [ids[name]]
    staff = {ids[name] for name in ("ann", "carl", "dora", "fay")}
    assert members_of(directory, ids["Staff"]) == staff
    assert found(directory, 'userName eq "new@x.test"') == []
    consistency.check(switched.drill.copy, TENANT)


def test_half_of_a_transaction_in_the_copy_is_mended(switched: Switched) -> None:
    ids, verification = switched.drill.ids, switched.prepared.tenants[TENANT].verification

    assert verification.remaining == ()
    assert any(f"{ids['ann']} is a member of" in each for each in verification.repaired)
    assert any("hal@x.test" in each for each in verification.repaired)
    assert found(switched.directory, 'userName eq "hal@x.test"') == [ids["hal"]]
    assert groups_of(switched.directory, ids["ann"]) == {ids["Staff"]}


def test_versions_are_above_those_that_were_served_meanwhile(switched: Switched) -> None:
    after = _versions(switched.drill.copy)

    common = after.keys() & switched.versions.keys()
    assert all(after[each] >= switched.versions[each] for each in common)
    for name in ("ann", "carl", "gus"):
        assert after[switched.drill.ids[name]] > switched.versions[switched.drill.ids[name]]


def test_the_deployment_is_known_by_its_table(switched: Switched) -> None:
    """What is written into the old table after the copy was prepared is not in the copy."""
    drill = switched.drill
    over_copy = replace(drill.operator, services=drill.copy)

    in_place = [table_switch.is_in_place(each, drill.how) for each in (drill.operator, over_copy)]

    assert in_place == [False, True]


def test_no_tenant_is_closed_where_another_act_has_closed_one(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(monkeypatch)
    with deployment(server) as services:
        drill = Drill(services)
        drill.fill()
        services.tenants.add("aaron")
        closure.close(services.tenants, TENANT, "move 1", "it moves to another stack")
        with drill.copied(), pytest.raises(TenantError, match="it moves to another stack"):
            finished(table_switch.prepare(drill.operator, drill.how))

        assert services.tenants.show("aaron").state == "active"
        closure.reopen(services.tenants, TENANT, "move 1")


def test_what_was_used_once_stays_used(switched: Switched) -> None:
    copy = switched.drill.copy

    assert HandoverService(copy.table, copy.tenants).reveal(switched.code) is None
    assert not UsedAssertions(copy.table).note("digest", 2_000_000_000)


def test_a_tenant_that_was_deleted_since_is_not_in_the_copy(switched: Switched) -> None:
    assert switched.prepared.unknown > 0
    assert list(switched.drill.copy.table.scan(f"{GONE}#")) == []


def test_without_the_old_table_the_list_of_erasures_is_applied(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was deleted and not erased is back then: nothing tells any more."""
    ready(monkeypatch)
    with deployment(server) as services:
        drill = Drill(services)
        drill.fill()
        with drill.copied():
            drill.shut_out()
            monkeypatch.setattr(TableCopies, "source_exists", lambda _: False)
            prepared = finished(table_switch.prepare(drill.operator, drill.how))
            table_switch.reopen(drill.operator, drill.how)
            directory = Directory(replace(drill.operator, services=drill.copy).context(TENANT))

            with pytest.raises(NotFoundException):
                directory.users.read(drill.ids["ed"])
            assert prepared.tenants[TENANT].again == {"erased": 1}
            consistency.check(drill.copy, TENANT)
