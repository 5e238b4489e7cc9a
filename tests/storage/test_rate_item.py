"""The level of a tenant in the table: what each write does, and what it costs."""

from __future__ import annotations

import pytest

from rollcall.runtime.services import Services
from rollcall.storage.keys import Keys
from rollcall.storage.rate_item import RateItem, RateLevel
from rollcall.storage.transactions import ConditionFailed
from tests.storage.units import metered

NOW = 1_767_225_600_000_000
SECOND = 1_000_000


@pytest.fixture
def item(services: Services) -> RateItem:
    return RateItem(services.table, "acme")


def test_a_tenant_that_sent_nothing_has_no_level(item: RateItem) -> None:
    assert item.read() == RateLevel()


def test_the_first_requests_begin_at_the_present(item: RateItem) -> None:
    assert item.add(100, NOW, 0, busy=True) == RateLevel(NOW + 100)
    assert item.read() == RateLevel(NOW + 100, written=NOW, busy=NOW)


def test_further_requests_come_on_top(item: RateItem) -> None:
    item.add(SECOND, NOW, 0, busy=True)

    level = item.add(100, NOW + 5, NOW + SECOND, busy=False)

    assert level == RateLevel(NOW + SECOND + 100, written=NOW, busy=NOW)
    assert item.read() == RateLevel(NOW + SECOND + 100, written=NOW + 5, busy=NOW)


def test_requests_after_a_pause_begin_at_the_present(item: RateItem) -> None:
    item.add(100, NOW, 0, busy=True)

    level = item.add(100, NOW + SECOND, NOW + 100, busy=True)

    assert level.tat == NOW + SECOND + 100


@pytest.mark.parametrize("expected", [0, NOW + SECOND])
def test_who_knows_the_level_pays_one_unit(
    item: RateItem, services: Services, expected: int
) -> None:
    if expected:
        item.add(expected - NOW, NOW, 0, busy=True)

    with metered(services.clients.dynamodb) as cost:
        item.add(100, NOW, expected, busy=True)

    assert cost.total == (1, 0, 1)


@pytest.mark.parametrize(("stored", "expected"), [(0, NOW + SECOND), (SECOND, 0)])
def test_who_does_not_know_it_asks_once_more(
    item: RateItem, services: Services, stored: int, expected: int
) -> None:
    if stored:
        item.add(stored, NOW, 0, busy=True)

    with metered(services.clients.dynamodb) as cost:
        level = item.add(100, NOW, expected, busy=True)

    assert level.tat == NOW + stored + 100
    assert cost.total == (2, 0, 2)


def test_a_level_is_lowered_and_never_raised(item: RateItem) -> None:
    item.add(SECOND, NOW, 0, busy=True)

    item.lower(NOW + 5)
    with pytest.raises(ConditionFailed):
        item.lower(NOW + 6)

    assert item.read().tat == NOW + 5


def test_what_is_no_level_is_no_level(item: RateItem, services: Services) -> None:
    services.table.put(Keys("acme").rate(), {"tat": "soon", "written": NOW})

    assert item.read() == RateLevel(0, written=NOW)


def test_an_item_that_nobody_writes_expires(item: RateItem, services: Services) -> None:
    item.add(100, NOW, 0, busy=True)

    stored = services.table.get(Keys("acme").rate())

    assert stored is not None
    assert stored["expires"] == NOW // SECOND + 86_400
