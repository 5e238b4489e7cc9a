"""A trust is read, tried with an assertion, and stored with an entry in the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollcall.federation.pasted_trust import TrustError
from rollcall.federation.trust import Trust
from rollcall.operations import trusts
from rollcall.operations.operator import Operator
from rollcall.operations.trusts import PastedTrust, Scope
from rollcall.operator_error import OperatorError
from rollcall.runtime.services import Services
from tests.conftest import Server, Tenant
from tests.federation import issuer as issuers
from tests.federation.issuer import APPLICATION, OTHER_KEY, SUBJECT, Issuer
from tests.operations.operators import operator_of


@pytest.fixture
def operator(services: Services) -> Operator:
    services.settings = replace(services.settings, trust_loopback_issuer=True)
    return operator_of(services)


def read(operator: Operator, issuer: Issuer, *, single_use: bool = False) -> PastedTrust:
    audience = f"api://{APPLICATION}/.default"
    return trusts.read(operator, issuer.issuer, "", SUBJECT, audience, single_use=single_use)


def test_a_trust_is_stored_as_it_is_read(server: Server, tenant: Tenant) -> None:
    operator = Operator(server.services, "operator:ann")
    trust = Trust("https://sts.windows.net/t/", "https://login.windows.net/t/keys", "s", "a")

    client = trusts.create(operator, tenant.name, trust, "Entra", Scope.READ_ONLY)

    assert server.services.tenants.show(tenant.name).clients == (client,)
    assert (client.trust, client.label, client.scope) == (trust, "Entra", "read-only")
    now = datetime.now(UTC)
    (entry,) = server.services.log(tenant.name).read(now - timedelta(hours=1), now)
    assert (entry.method, entry.target) == ("trust", f"Client/{client.id}")
    assert entry.detail == "read-only, trusts https://sts.windows.net/t/ with the subject s"


def test_an_assertion_that_is_right_changes_nothing(operator: Operator) -> None:
    with issuers.running() as issuer:
        pasted = read(operator, issuer, single_use=True)
        assertion = issuer.signed(jti="1")

        trusts.try_assertion(operator, pasted.trust, assertion)
        trusts.try_assertion(operator, pasted.trust, assertion)  # its use is not noted

    assert operator.services.tenants.show("acme").clients == ()


def test_an_assertion_is_told_all_that_is_wrong_with_it(operator: Operator) -> None:
    with issuers.running() as issuer:
        pasted = read(operator, issuer)
        with pytest.raises(OperatorError) as refused:
            trusts.try_assertion(operator, pasted.trust, issuer.signed(key=OTHER_KEY, sub="x"))

    assert str(refused.value).splitlines() == [
        "the assertion is refused: its subject (sub) is 'x', and the trust has "
        "d2f8ee76-c549-45b8-a143-f5b640669704",
        "the assertion is refused: the issuer has no key 'second'",
    ]


def test_keys_that_cannot_be_read_are_named(operator: Operator) -> None:
    with issuers.running() as issuer:
        issuer.answer = issuers.status(302, Location="https://evil.example/")
        pasted = read(operator, issuer)
        with pytest.raises(OperatorError) as away:
            trusts.try_assertion(operator, pasted.trust, issuer.signed())

    assert str(away.value) == (
        f"the keys of the issuer cannot be read at {issuer.jwks}: it answers 302"
    )


def test_an_issuer_on_this_machine_is_refused_by_every_other_deployment(
    services: Services,
) -> None:
    with issuers.running() as issuer, pytest.raises(TrustError):
        read(operator_of(services), issuer)
