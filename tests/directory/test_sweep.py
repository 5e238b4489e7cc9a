"""The sweep: what nobody meets is finished, whatever is damaged beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from events.template import Template
from rollcall.directory.directory import Directory
from rollcall.directory.sweep import Sweep
from rollcall.runtime.services import Services
from rollcall.storage import leases
from rollcall.storage.keys import Keys
from rollcall.storage.leases import Leases
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action
from tests.directory.people import group, user
from tests.storage.faults import answering, cancellation


def left_behind(services: Services, directory: Directory, name: str) -> str:
    """Delete a user while conflicts keep its memberships from being ended."""
    identifier = user(directory, name)
    for number in range(40):
        group(directory, f"{name} {number}", identifier)
    in_the_way = [cancellation("TransactionConflict")] * 1_000
    with answering(services.clients.dynamodb, "TransactWriteItems", None, *in_the_way):
        directory.users.delete(identifier)
    return identifier


def make(table: Table, leaver: str, kind: str) -> None:
    """Make who leaves something else in the note of its leaving."""
    note = Keys("acme").unfinished_deletion(leaver)
    table.transact([Action("Update", note, update="SET kind = :kind", values={":kind": kind})])


def test_what_is_damaged_holds_up_no_others_and_is_named(
    services: Services, table: Table, directory: Directory
) -> None:
    ada, bob = (left_behind(services, directory, name) for name in ("ada", "bob"))
    make(table, ada, "Robot")
    sweep = Sweep(table, lambda _: directory, lambda: datetime.now(UTC) + timedelta(hours=1))
    finished: list[str] = []

    with pytest.raises(ExceptionGroup) as raised:
        finished.extend(each.id for each in sweep.run())

    assert finished == [bob]
    (failure,) = raised.value.exceptions
    assert f"{ada} of acme" in failure.__notes__[0]
    make(table, ada, "User")
    assert [each.id for each in sweep.run()] == [ada]


def test_a_tenant_that_is_being_moved_is_left_alone(
    services: Services, table: Table, directory: Directory
) -> None:
    ada, now = left_behind(services, directory, "ada"), datetime.now(UTC)
    sweep = Sweep(table, lambda _: directory, lambda: now + timedelta(hours=1))
    name = leases.of_tenant("acme")
    Leases(table).take(name, "move", now, now + timedelta(days=1))

    assert list(sweep.run()) == []

    Leases(table).release(name, "move")
    assert [each.id for each in sweep.run()] == [ada]


def test_somebody_hears_of_sweeps_that_fail() -> None:
    alarm = Template().resources["SweepAlarm"]["Properties"]

    assert (alarm["MetricName"], alarm["AlarmActions"]) == ("Errors", [{"Ref": "ReportTopic"}])
