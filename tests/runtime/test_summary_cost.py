"""What the usage and the summaries of tenants cost: the units of decision 0085, counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.storage.usage_items import SignInUse, UsageItems
from tests.storage.units import Cost, metered

NOW = datetime(2026, 11, 27, 18, tzinfo=UTC)
TENANTS = 20
QUARTER, LATER = timedelta(minutes=15), NOW + timedelta(hours=6)


@pytest.fixture
def services(services: Services) -> Services:
    """Tenants that have sent something all day, with summaries that are up to date."""
    for number in range(TENANTS):
        services.tenants.create(f"tenant-{number:033}")
        for hour in range(18):
            send(services, number, NOW - timedelta(hours=hour, minutes=10))
    services.summaries.run(NOW)
    return services


def send(services: Services, number: int, at: datetime) -> None:
    tenant = f"tenant-{number:033}"
    use = SignInUse(instant(at), "client_secret", "rollcall-client-0123456789abcdef")
    UsageItems(services.table, tenant).add(at, {"succeeded": 100, "rejected": 10}, use, None)


def run(services: Services, at: datetime) -> Cost:
    with metered(services.clients.dynamodb) as cost:
        services.summaries.run(at)
    return cost


def test_a_run_without_anything_to_do_reads_the_list_and_writes_one_item(
    services: Services,
) -> None:
    run(services, LATER)
    cost = run(services, LATER + QUARTER)

    assert cost.writes == 1
    assert cost.reads <= 1 + 16 * 0.5 + TENANTS * 0.2
    assert len(cost.calls) <= 18


def test_an_active_tenant_costs_a_run_two_calls_a_unit_written_and_two_read(
    services: Services,
) -> None:
    run(services, LATER)
    idle = run(services, LATER + QUARTER)
    for number in range(TENANTS):
        send(services, number, LATER + QUARTER)
    cost = run(services, LATER + 2 * QUARTER)

    assert cost.writes == 1 + TENANTS
    assert cost.reads - idle.reads <= 2 * TENANTS
    assert len(cost.calls) - len(idle.calls) <= 2 * TENANTS


def test_the_daily_comparison_of_a_tenant_is_six_calls_at_most(services: Services) -> None:
    cost = run(services, NOW + timedelta(days=1))

    assert cost.writes == 1 + TENANTS
    assert len(cost.calls) <= 18 + 6 * TENANTS
    assert cost.reads <= 1 + 8 + TENANTS * (0.2 + 9 + 1 + 0.5 + 2)
