"""The daily look for tokens that are about to expire: the metric, and what people are told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from rollcall.federation.trust import Trust
from rollcall.runtime import expiry_function
from rollcall.runtime.services import Services
from rollcall.tenants.tenant_clients import TenantClients
from rollcall.tenants.tenant_tokens import TenantTokens
from rollcall.tenants.tenants import Tenants
from tests.storage.faults import answering, success
from tests.tenants.conftest import Clock

DAY = timedelta(days=1)


@pytest.fixture
def published(services: Services) -> Any:
    """What is published on the topic."""
    sent: list[dict[str, Any]] = []
    events = services.channels.sns.meta.events

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append(params)

    events.register("before-parameter-build.sns.Publish", note)
    with answering(services.channels.sns, "Publish", success(MessageId="1")):
        yield sent
    events.unregister("before-parameter-build.sns.Publish", note)


def test_people_are_told_of_the_tokens_of_all_tenants_in_one_message(
    services: Services, tenants: Tenants, clock: Clock, published: list[dict[str, Any]]
) -> None:
    for name, days in (("acme", 7), ("later", 8), ("never", 365)):
        tenants.add(name)
        TenantTokens(tenants, name).issue("entra", days)

    found = expiry_function.find_expiring(services, clock.now)

    assert [(each.tenant, each.days) for each in found] == [("acme", 7), ("later", 8)]
    assert expiry_function.notify(services, found) == 1
    (message,) = published
    assert message["Subject"] == "Rollcall: 1 token about to expire"
    text = json.loads(message["Message"])["email"]
    assert "(entra) of acme expires in 7 days" in text
    assert "rollcall handover acme" in text


def test_on_other_days_nobody_is_told(
    services: Services, keyring: TenantTokens, clock: Clock, published: list[dict[str, Any]]
) -> None:
    keyring.issue("entra", days=20)

    assert expiry_function.notify(services, expiry_function.find_expiring(services, clock.now)) == 0
    assert published == []


def test_the_metric_counts_what_ends_soon(capsys: pytest.CaptureFixture[str]) -> None:
    expiry_function.publish(3)

    line = json.loads(capsys.readouterr().out)
    assert line["ExpiringTokens"] == [3.0]
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Rollcall"


def test_the_use_of_a_successor_ends_the_warnings(
    services: Services, keyring: TenantTokens, clock: Clock
) -> None:
    keyring.issue("entra")
    new = keyring.rotate(None, 7 * DAY).token
    assert len(expiry_function.find_expiring(services, clock.now)) == 1

    services.token_usage("acme").write(new.id, "2026-01-01T00:00:00.000Z", _far(clock.now))

    assert expiry_function.find_expiring(services, clock.now) == []


def test_people_are_told_of_client_secrets_too(
    services: Services,
    tenants: Tenants,
    keyring: TenantTokens,
    clock: Clock,
    published: list[dict[str, Any]],
) -> None:
    keyring.issue("hand-over", days=30)
    made = TenantClients(tenants, "acme").create("Entra ID")
    clock.now += 358 * DAY
    tenants.change("acme", lambda content: {**content, "tokens": []})
    keyring.issue("hand-over", days=7)

    found = expiry_function.find_expiring(services, clock.now)
    assert expiry_function.notify(services, found) == 2
    (message,) = published
    assert message["Subject"] == "Rollcall: 1 token and 1 client secret about to expire"
    text = json.loads(message["Message"])["email"]
    assert (
        f"the secret {made.secret.id} of the client {made.client.id} (Entra ID) of acme expires in "
        f"7 days, {made.secret.expires}; it was never used. Replace it: rollcall oauth rotate acme "
        f"{made.client.id}"
    ) in text


def test_a_later_secret_that_is_not_in_use_is_asked_about_and_one_in_use_ends_the_warnings(
    services: Services, tenants: Tenants, clock: Clock
) -> None:
    tenants.add("acme")
    clients = TenantClients(tenants, "acme")
    old = clients.create("Entra ID")
    later = clients.rotate(None, 7 * DAY)
    uses = services.token_usage("acme")
    uses.write(old.secret.id, "2026-01-01T00:00:00.000Z", _far(clock.now))

    (found,) = expiry_function.find_expiring(services, clock.now)
    assert f"{old.secret.id} of the client" in found.sentence()
    assert "last used on 2026-01-01" in found.sentence()
    assert f"The later one, {later.secret.id}, was never used" in found.sentence()

    uses.write(later.secret.id, "2026-01-01T00:00:00.000Z", _far(clock.now))
    assert expiry_function.find_expiring(services, clock.now) == []


def test_secrets_of_a_disabled_tenant_and_trusts_are_told_to_nobody(
    services: Services, tenants: Tenants, clock: Clock
) -> None:
    tenants.add("acme")
    clients = TenantClients(tenants, "acme")
    clients.create("Entra ID")
    trust = Trust("https://issuer.test", "https://issuer.test/keys", "subject", "audience")
    clients.create_trusted("Entra ID, without a secret", trust)
    clock.now += 360 * DAY
    assert len(expiry_function.find_expiring(services, clock.now)) == 1

    tenants.disable("acme")
    assert expiry_function.find_expiring(services, clock.now) == []


def _far(now: datetime) -> int:
    return int((now + 400 * DAY).timestamp())
