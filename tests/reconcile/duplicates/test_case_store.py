"""What becomes of findings from run to run, and what operators say of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from rollcall.reconcile.duplicates.case_store import (
    Case,
    CaseState,
    CaseStore,
    FindingError,
    OperatorNote,
    case_after_run,
)
from rollcall.reconcile.duplicates.duplicate_finding import DuplicateFinding, Ground, Reason
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts
from rollcall.runtime.services import Services
from rollcall.storage.findings import Findings
from rollcall.storage.provisioning_log import ProvisioningLog
from rollcall.storage.resources import Resources
from rollcall.storage.transactions import ConditionFailed
from tests.reconcile.duplicates.people import MONDAY, TUESDAY, WEDNESDAY
from tests.storage.faults import counted

ADDRESS, NAME = Ground(Reason.ADDRESS, "a@b.c"), Ground(Reason.NAME, "ann lee")
NOTE = OperatorNote("operator:jo", "2026-11-23T08:00:00.000Z", "mother and daughter")


def finding(*accounts: str, grounds: frozenset[Ground] = frozenset({ADDRESS})) -> DuplicateFinding:
    return DuplicateFinding(accounts, grounds, count=len(accounts))


def states(book: CaseStore) -> dict[str, CaseState]:
    return {case.id: case.state for case in book.all()}


@pytest.fixture
def findings(services: Services) -> Findings:
    return Findings(services.table, "acme")


@pytest.fixture
def book(services: Services, findings: Findings) -> CaseStore:
    accounts = FindingAccounts(Resources(services.table, "acme"), findings)
    return CaseStore(findings, accounts, ProvisioningLog(services.table, "acme"))


def found(book: CaseStore, run: str, *each: DuplicateFinding) -> None:
    book.record({one.id: one for one in each}, run)
    list(book.resolve(run))


def test_a_finding_is_open_until_a_run_does_not_find_it_and_opens_again(book: CaseStore) -> None:
    pair = finding("1", "2")
    found(book, MONDAY, pair)
    assert book.read(pair.id) == Case(pair, CaseState.OPEN, MONDAY, MONDAY, revision=1)

    found(book, TUESDAY)
    assert states(book) == {pair.id: CaseState.RESOLVED}

    found(book, WEDNESDAY, pair)
    case = book.read(pair.id)
    assert case is not None
    assert (case.state, case.first, case.run) == (CaseState.OPEN, WEDNESDAY, WEDNESDAY)


def test_users_are_flagged_as_long_as_a_finding_names_them(
    book: CaseStore, findings: Findings
) -> None:
    pair, hint = finding("1", "2"), finding("2", "3", grounds=frozenset({NAME}))
    found(book, MONDAY, pair, hint)
    assert list(findings.flags()) == [
        ("duplicate", "1", pair.id),
        ("duplicate", "2", pair.id),
        ("possible", "2", hint.id),
        ("possible", "3", hint.id),
    ]

    book.dismiss(hint.id, NOTE)
    assert {user for _, user, _ in findings.flags()} == {"1", "2"}
    book.reopen(hint.id, NOTE)
    assert [user for _, user, _ in findings.flags("possible")] == ["2", "3"]

    found(book, TUESDAY, hint)
    assert [kind for kind, _, _ in findings.flags()] == ["possible", "possible"]


def test_a_hint_that_turns_out_to_be_more_is_flagged_as_that(
    book: CaseStore, findings: Findings
) -> None:
    pair, hint = finding("1", "2"), finding("1", "2", grounds=frozenset({NAME}))
    book.record({hint.id: hint}, MONDAY)
    book.record({pair.id: pair}, MONDAY)

    (case,) = (case for case in book.all() if case.id == pair.id)
    assert ADDRESS in case.finding.grounds
    assert ("duplicate", "1", pair.id) in list(findings.flags())


def test_what_is_dismissed_stays_dismissed_until_its_accounts_change(book: CaseStore) -> None:
    pair, three = finding("1", "2"), finding("1", "2", "3")
    found(book, MONDAY, pair)
    assert book.dismiss(pair.id, NOTE).note == NOTE

    found(book, TUESDAY, pair)
    found(book, WEDNESDAY)
    assert states(book) == {pair.id: CaseState.DISMISSED}

    found(book, "2026-11-26T02:00:00Z", three)
    assert states(book) == {pair.id: CaseState.DISMISSED, three.id: CaseState.OPEN}


def test_to_dismiss_and_open_twice_is_to_do_it_once(services: Services, book: CaseStore) -> None:
    pair = finding("1", "2")
    found(book, MONDAY, pair)
    book.dismiss(pair.id, NOTE)
    with counted(services.clients.dynamodb) as requests:
        book.dismiss(pair.id, OperatorNote("operator:al", "2026-11-24T08:00:00.000Z"))
    assert [each.operation for each in requests] == ["BatchGetItem"]

    book.reopen(pair.id, NOTE)
    assert book.reopen(pair.id, NOTE).note is None


@pytest.mark.parametrize("name", ["000000000000", ""])
def test_what_is_not_found_can_not_be_dismissed(book: CaseStore, name: str) -> None:
    with pytest.raises(FindingError, match="no open or dismissed finding"):
        book.dismiss(name, NOTE)


def test_a_run_that_notes_again_what_it_noted_writes_nothing(
    services: Services, book: CaseStore
) -> None:
    pair = finding("1", "2")
    book.record({pair.id: pair}, MONDAY)
    with counted(services.clients.dynamodb) as requests:
        book.record({pair.id: pair}, MONDAY)

    assert [each.operation for each in requests] == ["BatchGetItem"]


def test_a_note_that_loses_against_another_is_made_again(
    services: Services, book: CaseStore, findings: Findings
) -> None:
    pair = finding("1", "2")
    book.record({pair.id: pair}, MONDAY)
    rival = CaseStore(Findings(services.table, "acme"), book.accounts)
    inner = findings.write
    tries = []

    def overtaken(*arguments: object, **options: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            rival.dismiss(pair.id, NOTE)
        inner(*arguments, **options)  # type: ignore[arg-type]

    findings.write = overtaken  # type: ignore[method-assign]
    book.record({pair.id: pair}, TUESDAY)

    case = book.read(pair.id)
    assert case is not None
    assert (case.state, case.run, len(tries)) == (CaseState.DISMISSED, TUESDAY, 2)


def test_an_older_run_changes_nothing_of_what_a_newer_one_wrote() -> None:
    case = Case(finding("1", "2"), CaseState.OPEN, TUESDAY, TUESDAY)

    assert case_after_run(case, finding("1", "2", grounds=frozenset({NAME})), MONDAY) == case


def test_a_revision_is_written_once(findings: Findings) -> None:
    findings.write("x", {"accounts": []}, 0)

    with pytest.raises(ConditionFailed):
        findings.write("x", {"accounts": []}, 0)


def test_a_service_account_is_marked_and_unmarked(findings: Findings) -> None:
    findings.mark_service_account("1", {"by": "operator"})

    assert list(findings.flags("service")) == [("service", "1", "service")]
    findings.unmark_service_account("1")
    assert list(findings.flags("service")) == []


def test_what_operators_say_is_in_the_log_of_the_tenant(
    services: Services, book: CaseStore
) -> None:
    pair = finding("1", "2")
    found(book, MONDAY, pair)
    book.dismiss(pair.id, NOTE)
    book.reopen(pair.id, NOTE)
    book.mark_service_account("1", NOTE)
    book.unmark_service_account("1", NOTE)

    since = datetime.fromisoformat(NOTE.at)
    entries = list(ProvisioningLog(services.table, "acme").read(since, since + timedelta(hours=1)))
    assert {each.actor for each in entries} == {NOTE.by}
    assert sorted((each.target, each.method, each.detail) for each in entries) == sorted(
        [
            (f"Finding/{pair.id}", "dismiss", "open before, dismissed after"),
            (f"Finding/{pair.id}", "open", "dismissed before, open after"),
            ("User/1", "dismiss", "service"),
            ("User/1", "open", "person"),
        ]
    )
