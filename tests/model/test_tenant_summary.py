"""What a tenant needs: who is silent or refused, and who only has a weekend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.model.tenant_summary import (
    URGENCIES,
    TenantSummary,
    longest_gap,
    with_days,
    with_refusal,
)
from rollcall.scim.instant import instant

FRIDAY = datetime(2026, 11, 27, 18, tzinfo=UTC)
FAR = "2027-11-27T00:00:00.000Z"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def at(moment: datetime) -> str:
    return instant(moment)


def days_before(moment: datetime, *distances: int) -> list[str]:
    return [(moment - each * DAY).date().isoformat() for each in distances]


def connected(*distances: int, until: datetime = FRIDAY) -> TenantSummary:
    """Return a tenant that sent something so many days before its last request."""
    summary = TenantSummary("acme", "active", at(FRIDAY - 90 * DAY), endings=(FAR,))
    summary = replace(summary, answered=at(until), way="token")
    return with_days(summary, days_before(until, 0, *distances))


WORKDAYS = [number for number in range(60) if number % 7 not in (5, 6)]
"""Before a Friday: every day but Saturdays and Sundays."""


def test_a_weekend_is_no_silence() -> None:
    acme = connected(*WORKDAYS)

    assert longest_gap(acme.days) == 3
    for hours in range(0, 9 * 24, 6):
        assert acme.needs(FRIDAY + hours * HOUR) == ()
    assert acme.needs(FRIDAY + 9 * DAY) == ("silent",)


@pytest.mark.parametrize(
    ("distances", "days"),
    [
        ((), 7),
        ((1, 2, 3), 7),
        ((2, 4), 7),
        ((3,), 9),
        ((14, 28), 42),
        ((59,), 177),
        ((60,), 7),  # nothing is known of a day before
    ],
)
def test_silence_is_three_times_the_longest_gap_and_a_week_at_least(
    distances: tuple[int, ...], days: int
) -> None:
    acme = connected(*distances)

    assert acme.needs(FRIDAY + days * DAY - HOUR) == ()
    assert acme.needs(FRIDAY + days * DAY) == ("silent",)


def test_the_gap_that_lasts_does_not_count_as_one_that_was_there() -> None:
    assert connected(1).needs(FRIDAY + 50 * DAY) == ("silent",)


def test_days_are_known_in_whatever_order_they_come() -> None:
    acme = connected()
    one = with_days(acme, days_before(FRIDAY, 3, 9))
    other = with_days(with_days(acme, days_before(FRIDAY, 9)), days_before(FRIDAY, 3))

    assert one == other
    assert longest_gap(one.days) == 6


def test_a_later_day_moves_the_history_on() -> None:
    acme = with_days(connected(59), [(FRIDAY + DAY).date().isoformat()])

    assert acme.active == "2026-11-28"
    assert longest_gap(acme.days) == 1


def test_who_never_connected_is_not_silent_but_not_connected_yet() -> None:
    new = TenantSummary("acme", "active", at(FRIDAY), endings=(FAR,))

    assert new.status(FRIDAY + 40 * DAY) == "unconnected"


def test_a_disabled_tenant_needs_nothing() -> None:
    closed = replace(connected(), state="disabled", duplicates=3)

    assert closed.needs(FRIDAY + 100 * DAY) == ()
    assert closed.status(FRIDAY) == "disabled"


def refused(after: timedelta, *earlier: timedelta, status: int = 401) -> TenantSummary:
    """Return a tenant that was refused so long after its last answered request."""
    acme = replace(connected(*WORKDAYS), refused=at(FRIDAY + after), refused_status=status)
    return with_refusal(acme, [at(FRIDAY + each) for each in earlier])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_that_stays_the_last_thing_is_told_after_an_hour(status: int) -> None:
    acme = refused(40 * MINUTE, status=status)

    assert acme.needs(FRIDAY + 99 * MINUTE) == ()
    assert acme.needs(FRIDAY + 100 * MINUTE) == ("refused",)
    assert acme.needs(FRIDAY + 30 * DAY) == ("refused", "silent")


def test_an_hour_counts_from_the_first_refusal_not_from_the_last() -> None:
    acme = refused(120 * MINUTE, 40 * MINUTE, 80 * MINUTE)

    assert acme.refused_since == at(FRIDAY + 40 * MINUTE)
    assert acme.needs(FRIDAY + 121 * MINUTE) == ("refused",)


def test_since_when_is_kept_when_the_next_refusals_come() -> None:
    acme = replace(refused(40 * MINUTE), refused=at(FRIDAY + 300 * MINUTE))

    assert with_refusal(acme, [acme.refused]).refused_since == at(FRIDAY + 40 * MINUTE)


def test_a_single_refusal_that_is_followed_by_an_answer_is_nothing() -> None:
    acme = replace(refused(40 * MINUTE), answered=at(FRIDAY + 41 * MINUTE))

    assert with_refusal(acme, ()).needs(FRIDAY + 30 * HOUR) == ()


def test_a_refusal_within_a_minute_of_an_answer_is_not_known_to_be_later() -> None:
    assert refused(59 * timedelta(seconds=1)).needs(FRIDAY + DAY) == ()
    assert refused(61 * timedelta(seconds=1)).needs(FRIDAY + DAY) == ("refused",)


def test_who_is_refused_and_never_was_connected_is_told() -> None:
    new = TenantSummary("acme", "active", at(FRIDAY), endings=(FAR,))
    new = with_refusal(replace(new, refused=at(FRIDAY), refused_status=401), ())

    assert new.needs(FRIDAY + HOUR) == ("refused",)


def test_a_token_needs_attention_for_thirty_days_and_then_has_expired() -> None:
    end = FRIDAY + 40 * DAY
    acme = replace(connected(), endings=(at(FRIDAY), at(end)), answered=at(end))

    assert acme.needs(FRIDAY + 9 * DAY) == ()
    assert acme.needs(FRIDAY + 10 * DAY) == ("expiring",)
    assert acme.expires(FRIDAY + 10 * DAY) == at(end)
    assert acme.needs(end) == ("expired",)
    assert replace(acme, endless=True).needs(end) == ()


def test_who_has_no_token_any_more_but_had_one_is_told() -> None:
    assert replace(connected(), endings=()).needs(FRIDAY) == ("expired",)
    assert TenantSummary("acme", "active", at(FRIDAY)).needs(FRIDAY) == ()


def test_the_most_urgent_comes_first() -> None:
    acme = replace(refused(5 * MINUTE), duplicates=1, endings=(at(FRIDAY + 3 * DAY),))
    acme = replace(acme, counted="2026-11-27", requests={"limited": 5})

    assert acme.needs(FRIDAY + DAY) == ("refused", "expiring", "limited", "duplicates")
    assert acme.status(FRIDAY + DAY) == URGENCIES[0]
    assert "limited" not in acme.needs(FRIDAY + 3 * DAY)
