"""Leases: one holder at a time, for as long as it says and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.runtime.services import Services
from rollcall.storage.leases import Leases

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
UNTIL = NOON + timedelta(minutes=5)


@pytest.fixture
def leases(services: Services) -> Leases:
    return services.leases()


def test_a_lease_has_one_holder(leases: Leases) -> None:
    assert leases.take("sweep", "one", NOON, UNTIL)
    assert not leases.take("sweep", "two", NOON, UNTIL)
    assert leases.take("other", "two", NOON, UNTIL)


def test_a_holder_whose_answer_was_lost_takes_it_again(leases: Leases) -> None:
    assert leases.take("sweep", "one", NOON, UNTIL)
    assert leases.take("sweep", "one", NOON, UNTIL)


def test_a_lease_whose_holder_was_killed_ends_by_itself(leases: Leases) -> None:
    leases.take("sweep", "one", NOON, UNTIL)

    assert not leases.take("sweep", "two", UNTIL - timedelta(seconds=1), UNTIL)
    assert leases.take("sweep", "two", UNTIL, UNTIL + timedelta(minutes=5))


def test_who_ends_a_lease_ends_its_own_and_nobody_elses(leases: Leases) -> None:
    leases.take("sweep", "one", NOON, UNTIL)
    leases.release("sweep", "two")
    assert not leases.take("sweep", "two", NOON, UNTIL)

    leases.release("sweep", "one")
    assert leases.take("sweep", "two", NOON, UNTIL)
    leases.release("none", "two")
