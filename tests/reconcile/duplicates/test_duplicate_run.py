"""A run over a tenant: what it leaves, and that it may stop, repeat and overlap."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollcall.directory.directory import Directory
from rollcall.reconcile.duplicates import duplicate_run as module
from rollcall.reconcile.duplicates.duplicate_run import (
    MAX_STEPS,
    DuplicateRun,
    Phase,
    RunOvertaken,
    RunProgress,
    RunTooLong,
)
from rollcall.runtime.services import Services
from tests.directory.people import patch, user
from tests.reconcile.duplicates.people import (
    MONDAY,
    TUESDAY,
    done,
    findings,
    forget,
    mails,
    never,
    numbered,
    written,
)
from tests.storage.faults import counted

HEX = "0123456789abcdef" * 2


def populate(directory: Directory) -> None:
    """Create people with one account, with several, and with several reasons."""
    for each in range(3):
        user(directory, f"u{each}@b.c", **mails(f"u{each}@b.c"), displayName=f"Person {each}")
    user(directory, "ann@b.c", **mails("ann@b.c"), **numbered("7"), displayName="Ann Lee")
    user(directory, "alee@b.c", **mails("ann+x@b.c"), **numbered("007"), displayName="Ann Lee")
    user(directory, "bob", **mails("u1@b.c"))
    user(directory, f"{HEX}cy@b.c", **mails("cy@b.c"), active=False)
    user(directory, "cy@b.c", **mails("cy@b.c"))
    user(directory, "di@b.c", displayName="Di Orr")
    user(directory, "dia@b.c", displayName="Orr, Di")


def anonymous(report: str) -> str:
    """Return a report without the ids that differ from directory to directory."""
    read = json.loads(report)
    for each in read["findings"]:
        del each["finding"]
        each["accounts"] = sorted(account["userName"] for account in each["accounts"])
    read["findings"].sort(key=lambda each: each["accounts"])
    return json.dumps(read)


def test_a_run_finds_who_has_several_accounts(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    populate(directory)

    counts = done(run)

    assert (counts.new, counts.open, counts.resolved, counts.hints) == (3, 0, 0, 1)
    assert counts.kinds == {"duplicate": 2, "recreated": 1}
    found = {
        tuple(sorted(account["userName"] for account in each["accounts"])): (
            each["status"],
            each["kind"],
            [reason["reason"] for reason in each["reasons"]],
        )
        for each in findings(services)
    }
    assert found == {
        ("alee@b.c", "ann@b.c"): ("new", "duplicate", ["alias", "employeeNumber", "name"]),
        ("bob", "u1@b.c"): ("new", "duplicate", ["address"]),
        (f"{HEX}cy@b.c", "cy@b.c"): ("new", "recreated", ["address"]),
        ("di@b.c", "dia@b.c"): ("new", "possible", ["name"]),
    }


def test_the_second_run_says_what_is_new_what_is_open_and_what_is_resolved(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    ann, other = (user(directory, each, **mails("ann@b.c")) for each in ("ann", "ann2"))
    user(directory, "bob", **mails("bob@b.c"))
    user(directory, "bob2", **mails("bob@b.c"))
    done(run)
    directory.users.delete(other)
    user(directory, "cy", **mails("cy@b.c"))
    user(directory, "cy2", **mails("cy@b.c"))

    counts = done(run, TUESDAY)

    assert (counts.new, counts.open, counts.resolved) == (1, 1, 1)
    assert [(each["status"], each["since"]) for each in findings(services, TUESDAY)] == [
        ("new", TUESDAY),
        ("open", MONDAY),
        ("resolved", MONDAY),
    ]
    gone = findings(services, TUESDAY)[2]["accounts"]
    assert {each["id"]: each["userName"] for each in gone} == {ann: "ann", other: None}
    assert [each.run for each in run.delivery.trend()] == [MONDAY, TUESDAY]


def test_who_is_disabled_for_long_without_a_delete_is_unmanaged(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    user(directory, "ann", active=False)
    bob = user(directory, "bob")
    directory.users.patch(bob, patch(("replace", "active", False)))
    cy = user(directory, "cy", active=False)
    directory.users.patch(cy, patch(("replace", "active", True)))

    assert done(run).kinds == {}
    later = f"{datetime.now(UTC).date() + timedelta(days=100)}T02:00:00Z"
    assert done(run, later).kinds == {"unmanaged": 2}
    names = {each["accounts"][0]["userName"] for each in findings(services, later)}
    assert names == {"ann", "bob"}


def test_a_run_changes_no_user(directory: Directory, run: DuplicateRun) -> None:
    ann = user(directory, "ann", **mails("ann@b.c"))
    user(directory, "ann2", **mails("ann@b.c"))
    before = directory.users.read(ann).resource

    assert done(run).new == 1

    assert list(run.cases.findings.flags("duplicate"))
    assert directory.users.read(ann).resource == before


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at the clock after every three values."""
    monkeypatch.setattr(module, "_GROUPS", 3)


def stopping_at(number: int) -> Callable[[RunProgress], bool]:
    """Return a clock that is late at one look alone."""
    looks = iter(range(1_000))
    return lambda _: next(looks) == number


@pytest.mark.usefixtures("small_steps")
def test_a_run_that_is_stopped_at_any_place_ends_with_the_same_report(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    populate(directory)
    places: list[RunProgress] = []

    def note(at: RunProgress) -> bool:
        places.append(at)
        return False

    done_at_once = run.advance(MONDAY, note)
    expected = {each: written(services, MONDAY, each) for each in ("json", "csv", "html")}
    phases = {each.phase for each in places}

    for number in range(len(places)):
        forget(run)
        assert run.advance(MONDAY, stopping_at(number)) is None
        assert run.advance(MONDAY, never) == done_at_once
        for form, report in expected.items():
            assert written(services, MONDAY, form) == report

    assert phases >= {Phase.DETECT, Phase.RESOLVE}
    assert len(places) > 8


@pytest.mark.usefixtures("small_steps")
def test_a_run_that_is_stopped_at_every_place_is_given_up(
    directory: Directory, run: DuplicateRun
) -> None:
    populate(directory)

    for _ in range(MAX_STEPS + 1):
        assert run.advance(MONDAY, lambda _: True) is None
    with pytest.raises(RunTooLong):
        run.advance(MONDAY, never)
    assert done(run, TUESDAY).new == 3


def test_a_run_that_is_done_is_not_done_again(directory: Directory, run: DuplicateRun) -> None:
    populate(directory)
    done(run)

    with pytest.raises(RunOvertaken):
        run.advance(MONDAY, never)


def test_an_older_run_gives_way_to_a_newer_one(directory: Directory, run: DuplicateRun) -> None:
    populate(directory)
    assert run.advance(MONDAY, lambda _: True) is None
    done(run, TUESDAY)

    with pytest.raises(RunOvertaken):
        run.advance(MONDAY, never)
    assert {case.first for case in run.cases.all()} == {MONDAY}


@pytest.mark.usefixtures("small_steps")
def test_of_two_deliveries_at_once_one_goes_on_and_nothing_is_counted_twice(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    populate(directory)
    inner: list[Any] = []

    def late(at: RunProgress) -> bool:
        if not inner and at.phase is Phase.DETECT:
            inner.append(None)
            inner[0] = run.advance(MONDAY, never)
        return False

    with pytest.raises(RunOvertaken):
        run.advance(MONDAY, late)
    assert inner[0].new == 3
    assert len(findings(services)) == 4


def test_a_process_that_dies_anywhere_leaves_a_run_that_goes_on(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    populate(directory)
    clients = (
        services.clients.dynamodb,
        services.channels.s3,
        services.channels.sns,
    )
    with counted(*clients) as requests:
        expected = done(run)
    report = written(services)

    for number in range(len(requests)):
        forget(run)
        _dying_at(number, run, *clients)
        try:
            counts = run.advance(MONDAY, never)
        except RunOvertaken:
            continue  # it died behind the last thing to do
        assert counts == expected
        assert written(services) == report
    assert len(requests) > 10


class Dies(BaseException):
    """The end of a process."""


def _dying_at(number: int, run: DuplicateRun, *clients: Any) -> None:
    left = iter(range(number, -1, -1))

    def die(**_: Any) -> None:
        if next(left) == 0:
            raise Dies

    for client in clients:
        client.meta.events.register("before-call", die, unique_id="dies")
    try:
        with pytest.raises(Dies):
            run.advance(MONDAY, never)
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", unique_id="dies")
