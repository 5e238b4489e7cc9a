"""The company of the replayed month, its clock, and which changes are handed on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bench.month.changes import passes
from bench.month.clock import Clock
from bench.month.company import Company, Plan
from rollcall.directory import context

MONDAY = date(2026, 6, 1)


@pytest.fixture
def company() -> Company:
    return Company("acme", Plan(users=100, groups=4))


def test_the_members_of_groups_are_two_for_each_user() -> None:
    source = Company("acme", Plan(users=1_000, groups=100)).source

    assert (len(source.users), len(source.groups)) == (1_000, 100)
    assert sum(len(group.members) for group in source.groups.values()) == 2_000


def test_whoever_left_before_the_month_is_deleted_in_it(company: Company) -> None:
    company.leave_before(MONDAY)
    left = [user for user in company.source.users.values() if user.deleted_on]

    for day in range(1, 31):
        company.end(date(2026, 6, day))

    gone = [user for user in left if user.object_id not in company.source.users]
    assert gone == left


@pytest.mark.parametrize("kind", ["joiners", "leavers", "edits", "moves", "renames"])
def test_a_change_is_one_that_the_next_cycle_sees(company: Company, kind: str) -> None:
    before = company.source.counter
    company.change(kind, MONDAY)

    assert company.source.counter > before


def test_a_plan_has_as_many_changes_as_users() -> None:
    plan = Plan(users=20_000)
    company = Company("acme", Plan(users=20_000 // 100, groups=1))

    assert plan.number("joiners", company.dice) == 16


def test_the_clock_is_the_time_of_the_code_while_it_is_used() -> None:
    clock = Clock(datetime(2026, 6, 1, tzinfo=UTC))
    with clock.everywhere():
        clock.pass_by(90)
        assert context.present() == datetime(2026, 6, 1, 0, 1, 30, tzinfo=UTC)

    assert context.present() != clock.now


@pytest.mark.parametrize(
    ("record", "goes_on"),
    [
        ({"eventName": "INSERT", "dynamodb": {"Keys": {"sk": {"S": "GROUP#1"}}}}, True),
        ({"eventName": "REMOVE", "dynamodb": {"Keys": {"sk": {"S": "GROUP#1"}}}}, False),
        ({"eventName": "INSERT", "dynamodb": {"Keys": {"sk": {"S": "MEMBER#1"}}}}, False),
        ({"eventName": "INSERT"}, False),
    ],
)
def test_a_filter_lets_through_what_each_of_its_parts_allows(
    record: dict[str, object], goes_on: bool
) -> None:
    pattern = {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "GROUP#"}, "DOCUMENT"]}}},
    }

    assert passes(pattern, record) is goes_on
