"""Tenants: made, shown, closed, opened, forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollcall.runtime.services import Services
from rollcall.tenants.tenants import ACTIVE, DISABLED, READ_WRITE, TenantError, Tenants
from tests.tenants.conftest import Clock


def test_a_new_tenant_is_active_with_one_token_for_a_year(tenants: Tenants) -> None:
    tenants.create("acme")

    acme = tenants.show("acme")
    assert acme.state == ACTIVE
    assert [each.label for each in acme.tokens] == ["first"]
    assert acme.tokens[0].expires == "2027-01-01T00:00:00.000Z"


def test_the_plain_token_is_kept_nowhere(tenants: Tenants, services: Services) -> None:
    token = tenants.create("acme")

    kept = json.dumps(services.secrets.read("acme"))
    assert token not in kept
    assert token.removeprefix("rollcall_")[:16] not in kept


@pytest.mark.parametrize("name", ["", "A", "a b", "ä", "a" * 41, "../a", "a#b", "a/b"])
def test_a_bad_name_is_refused_in_one_sentence(name: str, tenants: Tenants) -> None:
    with pytest.raises(TenantError, match="a tenant's name has 1 to 40"):
        tenants.create(name)


def test_a_tenant_cannot_be_made_twice(tenants: Tenants) -> None:
    tenants.create("acme")

    with pytest.raises(TenantError, match="there is a tenant acme already"):
        tenants.create("acme")


def test_a_tenant_is_closed_and_opened_again(tenants: Tenants) -> None:
    tenants.create("acme")
    tenants.disable("acme")
    assert tenants.show("acme").state == DISABLED
    assert tenants.show("acme").closed == "2026-01-01T00:00:00.000Z"

    tenants.enable("acme")
    assert tenants.show("acme").state == ACTIVE
    assert tenants.show("acme").closed == ""


def test_a_tenant_that_is_closed_again_was_closed_when_it_was_first(
    tenants: Tenants, clock: Clock
) -> None:
    tenants.create("acme")
    tenants.disable("acme")
    clock.go_on(3600)
    tenants.disable("acme")

    assert tenants.show("acme").closed == "2026-01-01T00:00:00.000Z"


def test_a_secret_of_before_scopes_and_successors_is_read(
    tenants: Tenants, services: Services
) -> None:
    tenants.create("acme")

    def older(content: dict[str, Any]) -> dict[str, Any]:
        (token,) = content["tokens"]
        old = {key: token[key] for key in ("id", "digest", "label", "created", "expires")}
        return {**content, "tokens": [old]}

    services.secrets.change("acme", older)

    (token,) = tenants.show("acme").tokens
    assert (token.scope, token.successor) == (READ_WRITE, "")


def test_a_forgotten_tenant_can_be_made_again(tenants: Tenants) -> None:
    first = tenants.create("acme")
    tenants.delete("acme")

    with pytest.raises(TenantError, match="there is no tenant acme"):
        tenants.show("acme")
    assert tenants.create("acme") != first


def test_tenants_are_listed_by_name(tenants: Tenants) -> None:
    for name in ("b", "a", "c"):
        tenants.create(name)

    assert [each.name for each in tenants.list()] == ["a", "b", "c"]
