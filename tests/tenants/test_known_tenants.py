"""Whether a container knows a tenant, for which it reads nothing."""

from __future__ import annotations

import pytest

from rollcall.scim.errors import UnauthorizedException
from rollcall.tenants import token_format
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.tenants import Tenants
from tests.tenants.conftest import Calls, Clock


def refused(authenticator: Authenticator) -> None:
    with pytest.raises(UnauthorizedException):
        authenticator.authenticate("acme", f"Bearer {token_format.generate()}")


def test_only_an_active_tenant_that_was_read_is_known(
    tenants: Tenants, authenticator: Authenticator, clock: Clock, calls: Calls
) -> None:
    tenants.add("acme")
    calls.made.clear()
    assert not authenticator.knows("acme")
    assert calls.made == []

    refused(authenticator)
    assert authenticator.knows("acme")

    tenants.disable("acme")
    clock.go_on(61)
    refused(authenticator)
    assert not authenticator.knows("acme")
