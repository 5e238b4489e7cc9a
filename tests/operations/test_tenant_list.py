"""The list of tenants by urgency, and how old it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.operations import tenant_lifecycle
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.scim.instant import instant
from rollcall.storage.usage_items import Refusal, SignInUse, UsageItems


@pytest.fixture
def operator(services: Services) -> Operator:
    """An operator of a deployment with three tenants, one of which was refused two hours ago."""
    for name in ("acme", "beta", "refused"):
        services.tenants.create(name)
    now = datetime.now(UTC)
    use = SignInUse(instant(now - timedelta(hours=3)), "token", "t1")
    for name in ("beta", "refused"):
        UsageItems(services.table, name).add(now, {"succeeded": 1}, use, None)
    refusal = Refusal(instant(now - timedelta(hours=2)), 401)
    UsageItems(services.table, "refused").add(now, {"refused": 1}, None, refusal)
    return Operator(services, "somebody")


def listed(operator: Operator) -> list[tuple[str, str]]:
    return [
        (each.summary.tenant, each.status) for each in tenant_lifecycle.list_all(operator).tenants
    ]


def test_all_tenants_are_listed_also_before_the_first_run(operator: Operator) -> None:
    operator.services.summaries.items.remove("acme")

    assert listed(operator) == [("refused", "refused"), ("acme", "unconnected"), ("beta", "active")]


def test_the_list_is_as_old_as_the_latest_run(operator: Operator) -> None:
    now = datetime.now(UTC)
    operator.services.summaries.run(now)

    found = tenant_lifecycle.list_all(operator)
    assert found.as_of == instant(now)
    assert listed(operator) == [("refused", "refused"), ("acme", "unconnected"), ("beta", "active")]
    assert "test the connection" in " ".join(found.tenants[0].advice)


def test_what_is_shown_of_a_tenant_knows_of_the_last_minute(operator: Operator) -> None:
    operator.services.summaries.run(datetime.now(UTC))
    later = SignInUse(instant(datetime.now(UTC)), "token", "t2")
    usage = UsageItems(operator.services.table, "refused")
    usage.add(datetime.now(UTC), {"succeeded": 4}, later, None)

    shown = tenant_lifecycle.show(operator, "refused")

    assert shown.latest is not None
    assert shown.latest.answered == later
    assert shown.latest.requests == {"succeeded": 5, "refused": 1}
    assert shown.listed.needs == ("refused",)
    assert shown.as_of >= operator.services.summaries.items.read_run().finished
