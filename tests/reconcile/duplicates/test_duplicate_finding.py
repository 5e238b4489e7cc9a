"""Which accounts are one person's, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from rollcall.model.match_keys import Evidence, MatchKey, Source
from rollcall.reconcile.duplicates.duplicate_finding import (
    MAX_SHARED,
    DuplicateFinding,
    FindingKind,
    Ground,
    Reason,
    is_candidate,
    judge_group,
    merge_findings,
)
from rollcall.reconcile.duplicates.match_group import MAX_ACCOUNTS, match_groups
from rollcall.scim.resource_type import ENTERPRISE
from tests.reconcile.duplicates.accounts import Documents, accounts, clues

CUTOFF = datetime(2026, 10, 10, tzinfo=UTC)
HEX = "0123456789abcdef" * 2


def user(user_name: str, *emails: str, name: str = "", number: str = "") -> dict[str, Any]:
    document: dict[str, Any] = {"userName": user_name}
    if emails:
        document["emails"] = [{"value": each} for each in emails]
    if name:
        document["displayName"] = name
    if number:
        document[ENTERPRISE] = {"employeeNumber": number}
    return document


def found(documents: Documents, *service: str) -> list[DuplicateFinding]:
    known = {
        each.id: replace(each, service=each.id in service) for each in accounts(documents).values()
    }
    judged = (
        finding
        for group in match_groups(clues(documents))
        if is_candidate(group, CUTOFF)
        for finding in judge_group(group, known, CUTOFF)
    )
    return list(merge_findings(judged).values())


@pytest.mark.parametrize(
    ("one", "other", "reason", "value"),
    [
        (user("a", "Ann@b.c"), user("b", "ann@B.c"), Reason.ADDRESS, "ann@b.c"),
        (user("a", "straße@b.c"), user("b", "STRASSE@b.c"), Reason.ADDRESS, "strasse@b.c"),
        (user("a", "ann@b.c"), user("Ann@b.c"), Reason.USER_NAME, "ann@b.c"),
        (user("a", "ann@b.c"), user("ann@b.c", "x@b.c"), Reason.USER_NAME, "ann@b.c"),
        (user("a", "ann+x@b.c"), user("b", "ann@b.c"), Reason.ALIAS, "ann@b.c"),
        (user("a.n@gmail.com"), user("an@googlemail.com"), Reason.ALIAS, "an@gmail.com"),
        (user("a", number="007"), user("b", number="7"), Reason.EMPLOYEE_NUMBER, "7"),
        (user("a", name="Ann Lee"), user("b", name="Lee, Ann"), Reason.NAME, "ann lee"),
    ],
    ids=lambda each: each.value if isinstance(each, Reason) else "",
)
def test_two_accounts_of_one_person_are_found(
    one: dict[str, Any], other: dict[str, Any], reason: Reason, value: str
) -> None:
    (finding,) = found({"1": one, "2": other})

    assert finding.accounts == ("1", "2")
    assert finding.grounds == {Ground(reason, value)}
    expected = FindingKind.POSSIBLE if reason is Reason.NAME else FindingKind.DUPLICATE
    assert finding.kind is expected


def test_accounts_that_share_nothing_are_left_alone() -> None:
    assert not found(
        {
            "1": user("ann@b.c", "ann@b.c", name="Ann Lee", number="1"),
            "2": user("bob@b.c", "bob@b.c", name="Bob Lee", number="2"),
        }
    )


def test_one_account_with_several_aliases_is_no_duplicate() -> None:
    assert not found({"1": user("ann@b.c", "ann@b.c", "ann+x@b.c", "ann+y@b.c")})


def test_all_that_is_said_of_the_same_accounts_is_one_finding() -> None:
    (finding,) = found(
        {
            "1": user("ann@b.c", "ann@b.c", name="Ann Lee", number="7"),
            "2": user("alee@b.c", "ann+x@b.c", name="Ann Lee", number="7"),
        }
    )

    assert {each.reason for each in finding.grounds} == {
        Reason.ALIAS,
        Reason.EMPLOYEE_NUMBER,
        Reason.NAME,
    }
    assert finding.kind is FindingKind.DUPLICATE


def test_of_three_accounts_the_same_address_and_the_alias_are_both_named() -> None:
    (finding,) = found(
        {"1": user("a", "ann@b.c"), "2": user("b", "ann@b.c"), "3": user("c", "ann+x@b.c")}
    )

    assert finding.accounts == ("1", "2", "3")
    assert finding.grounds == {Ground(Reason.ADDRESS, "ann@b.c"), Ground(Reason.ALIAS, "ann@b.c")}


def test_a_person_who_was_created_again_in_the_identity_provider_is_recreated() -> None:
    (finding,) = found({"1": user(f"{HEX}ann@b.c", "ann@b.c"), "2": user("ann@b.c", "ann@b.c")})

    assert finding.kind is FindingKind.RECREATED
    assert finding.accounts == ("1", "2")


def test_a_login_that_is_no_address_comes_back_as_well() -> None:
    (finding,) = found({"1": user(f"{HEX}ann"), "2": user("Ann")})

    assert finding.kind is FindingKind.RECREATED
    assert finding.grounds == {Ground(Reason.USER_NAME, "ann")}


def test_two_live_accounts_beside_a_deleted_one_are_duplicates() -> None:
    (finding,) = found(
        {
            "1": user(f"{HEX}ann@b.c"),
            "2": user("ann@b.c"),
            "3": user("a", "ann@b.c"),
        }
    )

    assert finding.kind is FindingKind.DUPLICATE


@pytest.mark.parametrize(
    "documents",
    [
        {"1": user(f"{HEX}ann@b.c", "ann@b.c")},
        {"1": user(f"{HEX}ann@b.c"), "2": user(f"{HEX[::-1]}ann@b.c")},
    ],
)
def test_accounts_that_were_deleted_softly_are_nothing_by_themselves(documents: Documents) -> None:
    assert not found(documents)


def test_service_accounts_are_left_out() -> None:
    documents = {"1": user("a", "ann@b.c"), "2": user("b", "ann@b.c"), "3": user("ann@b.c")}

    assert not found(documents, "2", "3")
    (finding,) = found(documents, "2")
    assert finding.accounts == ("1", "3")
    assert finding.count == 2


def test_a_value_that_a_whole_team_shares_is_a_weak_hint() -> None:
    team = {f"{each:02}": user(f"u{each}", "info@b.c") for each in range(MAX_SHARED + 1)}

    (finding,) = found(team)

    assert finding.kind is FindingKind.POSSIBLE
    assert finding.grounds == {Ground(Reason.SHARED, "info@b.c")}
    assert finding.count == len(team)


def test_of_very_many_accounts_with_one_value_the_first_are_named_and_all_are_counted() -> None:
    crowd = {
        f"{each:04}": user(f"u{each}", "info@b.c", "info+x@b.c") for each in range(MAX_ACCOUNTS * 4)
    }

    (finding,) = found(crowd)

    assert finding.accounts == tuple(sorted(crowd)[:MAX_ACCOUNTS])
    assert finding.count == len(crowd)


def inactive(since: str, account: str = "1") -> MatchKey:
    return MatchKey(
        Evidence(f"inactive:{since}", Source.INACTIVE, ""), account, f"{since}#{account}"
    )


@pytest.mark.parametrize(
    ("since", "unmanaged"),
    [("2026-10-09T23:59:59.999Z", True), ("2026-10-10T00:00:00.001Z", False)],
)
def test_who_is_inactive_for_long_is_unmanaged(since: str, unmanaged: bool) -> None:
    known = accounts({"1": {"userName": "a", "active": False}})
    (group,) = match_groups([inactive(since)])

    assert is_candidate(group, CUTOFF) is unmanaged
    assert [each.kind for each in judge_group(group, known, CUTOFF)] == [
        FindingKind.UNMANAGED
    ] * unmanaged


def test_accounts_that_became_inactive_at_one_moment_are_findings_of_their_own() -> None:
    since = "2026-09-01T00:00:00.000Z"
    known = accounts({each: {"userName": each, "active": False} for each in "123"})
    (group,) = match_groups([inactive(since, each) for each in "123"])

    assert [each.accounts for each in judge_group(group, known, CUTOFF)] == [("1",), ("2",), ("3",)]


def test_who_is_active_again_or_gone_is_not_unmanaged() -> None:
    since = "2026-09-01T00:00:00.000Z"
    (group,) = match_groups([inactive(since, "1"), inactive(since, "2")])

    assert not list(judge_group(group, accounts({"1": {"userName": "a"}}), CUTOFF))


def test_the_name_of_a_finding_is_its_accounts() -> None:
    one = DuplicateFinding(("1", "2"), frozenset({Ground(Reason.ADDRESS, "a@b.c")}))
    weak = DuplicateFinding(("1", "2"), frozenset({Ground(Reason.NAME, "ann lee")}))
    other = DuplicateFinding(("1", "2", "3"), one.grounds)
    alone = DuplicateFinding(("1",), frozenset({Ground(Reason.INACTIVE, "2026")}))

    assert one.id == weak.id
    assert len({one.id, other.id, alone.id}) == 3
