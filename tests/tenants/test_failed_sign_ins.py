"""Failed sign-ins: a bucket for each name, in a memory of bounded size."""

from __future__ import annotations

from rollcall.tenants.failed_sign_ins import FailedSignIns
from tests.tenants.conftest import Clock


def refused(failures: FailedSignIns, name: str, times: int) -> int:
    return sum(failures.refusal(name) is not None for _ in range(times))


def test_five_seconds_of_failures_may_come_at_once(clock: Clock) -> None:
    assert refused(FailedSignIns(5, lambda: clock.now), "acme", 100) == 75


def test_retry_after_is_when_the_next_one_is_answered(clock: Clock) -> None:
    failures = FailedSignIns(5, lambda: clock.now)
    refused(failures, "acme", 100)

    refusal = failures.refusal("acme")

    assert refusal is not None
    assert (refusal.status, refusal.retry_after, refusal.limit) == (429, 1, "sign-ins")
    clock.go_on(refusal.retry_after)
    assert refused(failures, "acme", 10) == 5


def test_another_name_has_its_own(clock: Clock) -> None:
    failures = FailedSignIns(5, lambda: clock.now)
    refused(failures, "acme", 100)

    assert failures.refusal("globex") is None


def test_invented_names_take_no_more_memory_than_some(clock: Clock) -> None:
    failures = FailedSignIns(5, lambda: clock.now)
    for number in range(5000):
        failures.refusal(f"name-{number}")

    assert len(failures._levels) == 1024


def test_a_clock_that_is_set_back_refuses_no_longer_than_before(clock: Clock) -> None:
    failures = FailedSignIns(5, lambda: clock.now)
    refused(failures, "acme", 100)
    clock.go_on(-3600)

    refusal = failures.refusal("acme")

    assert refusal is not None
    assert refusal.retry_after == 1


def test_with_a_rate_of_zero_none_is_refused(clock: Clock) -> None:
    assert refused(FailedSignIns(0, lambda: clock.now), "acme", 1000) == 0
