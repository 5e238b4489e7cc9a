"""What a report says of a finding, to programs, to spreadsheets and to people."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from typing import Any

import pytest

from rollcall.directory.directory import Directory
from rollcall.reconcile.duplicates import finding_rows, match_group, reasons
from rollcall.reconcile.duplicates.case_store import Case, CaseState
from rollcall.reconcile.duplicates.duplicate_finding import (
    DuplicateFinding,
    FindingAccount,
    Ground,
    Reason,
)
from rollcall.reconcile.duplicates.duplicate_run import DuplicateRun
from rollcall.reconcile.duplicates.report_delivery import count_cases
from rollcall.runtime.services import Services
from tests.directory.people import user
from tests.reconcile.duplicates.people import MONDAY, done, findings, mails, written


def row(
    *accounts: FindingAccount, reason: Reason = Reason.ADDRESS, count: int = 0
) -> dict[str, Any]:
    found = DuplicateFinding(
        tuple(each.id for each in accounts),
        frozenset({Ground(reason, "ann@b.c")}),
        count=count or len(accounts),
    )
    case = Case(found, CaseState.OPEN, MONDAY, MONDAY)
    return finding_rows.row(case, {each.id: each for each in accounts})


OLD = FindingAccount("1", "ann", created="2026-01-01")
NEW = FindingAccount("2", "ann2", created="2026-02-02")


@pytest.mark.parametrize(
    ("old", "new", "ending"),
    [
        ({"linked": False}, {}, "--keep 1 --remove 2`"),
        ({}, {"linked": False}, "--keep 1 --remove 2`"),
        ({"soft_deleted": True}, {}, "--keep 1 --remove 2 --idp-deletes 1`"),
        ({}, {"soft_deleted": True}, "--keep 1 --remove 2 --idp-deletes 2`"),
        ({}, {}, "while both are there, remove one there first."),
    ],
)
def test_two_accounts_are_to_be_merged_as_their_links_allow(
    old: dict[str, Any], new: dict[str, Any], ending: str
) -> None:
    found = row(
        FindingAccount(**{**vars(OLD), **old}),
        FindingAccount(**{**vars(NEW), **new}),
    )

    merge, dismiss = finding_rows.remedy("acme", found)

    assert merge.startswith("One person: `rollcall accounts merge acme ")
    assert merge.endswith(ending)
    assert dismiss.startswith("Different people: `rollcall duplicates dismiss acme ")


def test_where_the_name_alone_says_so_somebody_is_asked_first() -> None:
    local = replace(OLD, linked=False)
    found = row(local, NEW, reason=Reason.FULL_NAME)

    ask, merge, unlink, dismiss = finding_rows.remedy("acme", found)

    assert ask == "Nothing but the name says so: ask first whether it is one person."
    assert merge.endswith("--keep 1 --remove 2`")
    assert "`rollcall accounts unlink acme 2`" in unlink
    assert dismiss.startswith("Different people: `rollcall duplicates dismiss acme ")
    (why,) = reasons.reason_sentences(found)
    assert why.startswith("the only two of one full name, a local account and one that")


def test_what_a_request_found_is_no_row_before_a_run_has_seen_it() -> None:
    pair = DuplicateFinding(("1", "2"), frozenset({Ground(Reason.FULL_NAME, "ann lee")}), count=2)
    unseen = Case(pair, CaseState.OPEN, MONDAY, "", announced=True)

    counts = count_cases(iter([unseen]), MONDAY, "", 0)
    assert (counts.new, counts.open, counts.announced) == (0, 0, 0)


def test_three_accounts_are_to_be_looked_at_first() -> None:
    found = row(OLD, NEW, FindingAccount("3", "ann3"))

    assert finding_rows.remedy("acme", found)[0].startswith("Look into it")


def test_an_unmanaged_account_is_for_the_identity_provider() -> None:
    found = row(FindingAccount("1", "ann", active=False), reason=Reason.INACTIVE)

    assert finding_rows.remedy("acme", found) == [
        "Delete the person in the identity provider, or assign the person again."
    ]


def test_nothing_is_to_be_done_about_what_is_no_more() -> None:
    found = row(OLD, NEW)

    assert finding_rows.remedy("acme", {**found, "state": "resolved"}) == []
    assert finding_rows.remedy("acme", {**found, "state": "dismissed"}) == []


def test_a_spreadsheet_calculates_nothing(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    user(directory, "=1+1", **mails("ann@b.c"), displayName='=HYPERLINK("http://x")')
    user(directory, "@sum", **mails("ann@b.c"), displayName="-1")
    done(run)

    lines = list(csv.DictReader(written(services, form="csv").lstrip("\ufeff").splitlines()))

    assert {each["userName"] for each in lines} == {"'=1+1", "'@sum"}
    assert {each["name"] for each in lines} == {'\'=HYPERLINK("http://x")', "'-1"}
    assert {each["finding"] for each in lines} == {findings(services)[0]["finding"]}


def test_accounts_beyond_those_that_are_named_are_counted(
    services: Services, directory: Directory, run: DuplicateRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_group, "MAX_ACCOUNTS", 10)
    for each in range(12):
        user(directory, f"u{each}", **mails("team@b.c"))
    counts = done(run)

    (found,) = findings(services)
    assert (found["kind"], found["count"], len(found["accounts"])) == ("possible", 12, 10)
    assert "and 2 more" in written(services, form="html")
    assert (counts.new, counts.hints) == (0, 1)


def test_the_report_for_programs_holds_the_trend(
    services: Services, directory: Directory, run: DuplicateRun
) -> None:
    user(directory, "ann")
    counts = done(run)

    said = json.loads(written(services))
    assert said["counts"] == vars(counts)
    assert said["trend"] == [vars(counts)]
