"""Schedules that have stopped are known by what their last run noted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rollcall.runtime.services import Services

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_schedule_is_overdue_when_its_next_run_is_not_done_in_time(services: Services) -> None:
    schedules = services.schedules()
    schedules.completed("expiry", NOON + HOUR)
    schedules.completed("duplicates", NOON + 9 * HOUR)

    assert schedules.overdue(NOON) == []
    assert schedules.overdue(NOON + 2 * HOUR) == ["expiry"]


def test_another_run_ends_it(services: Services) -> None:
    schedules = services.schedules()
    schedules.completed("expiry", NOON)
    assert schedules.overdue(NOON + HOUR) == ["expiry"]

    schedules.completed("expiry", NOON + 2 * HOUR)

    assert schedules.overdue(NOON + HOUR) == []


def test_one_that_never_ran_is_not_missed_yet(services: Services) -> None:
    assert services.schedules().overdue(NOON) == []
