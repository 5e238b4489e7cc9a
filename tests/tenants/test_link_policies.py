"""The link policy of a tenant: set, kept within domains, known to whoever is let in."""

from __future__ import annotations

import pytest

from rollcall.model.absent_members import AbsentMembers
from rollcall.model.account_link import LinkPolicy, LinkRule
from rollcall.operations import held_deletions, link_policies, tenant_rates
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.tenants import TenantError, Tenants


@pytest.fixture
def operator(services: Services, tenants: Tenants) -> Operator:
    """An operator of a deployment with a new tenant acme."""
    tenants.add("acme")
    return Operator(services, "operator:ann")


def test_a_new_tenant_matches_accounts_of_any_domain(operator: Operator) -> None:
    assert link_policies.read(operator, "acme").link_policy == LinkPolicy(
        LinkRule.MATCH, frozenset()
    )


def test_domains_are_kept_as_people_read_them_each_once(operator: Operator) -> None:
    for each in ("Example.COM", "@example.com", "xn--mller-kva.test", "sub.example.com"):
        link_policies.add_domain(operator, "acme", each)
    link_policies.remove_domain(operator, "acme", "SUB.example.com")

    assert link_policies.read(operator, "acme").link_policy.domains == {
        "example.com",
        "müller.test",
    }


@pytest.mark.parametrize("domain", ["", "a b", "x@y.test", "example..com", "-.test", "*.test"])
def test_what_is_no_domain_is_refused(domain: str, operator: Operator) -> None:
    with pytest.raises(TenantError, match="is no mail domain"):
        link_policies.add_domain(operator, "acme", domain)


def test_adopt_needs_domains_and_keeps_the_last_one(operator: Operator) -> None:
    with pytest.raises(TenantError, match="needs domains"):
        link_policies.set_rule(operator, "acme", LinkRule.ADOPT)
    link_policies.add_domain(operator, "acme", "example.com")

    assert link_policies.set_rule(operator, "acme", LinkRule.ADOPT) == LinkPolicy(
        LinkRule.ADOPT, frozenset({"example.com"})
    )
    with pytest.raises(TenantError, match="needs domains"):
        link_policies.remove_domain(operator, "acme", "example.com")
    with pytest.raises(TenantError, match=r"other\.test is none of the domains"):
        link_policies.remove_domain(operator, "acme", "other.test")


def test_whoever_is_let_in_comes_with_the_policy(
    services: Services, tenants: Tenants, authenticator: Authenticator
) -> None:
    token, operator = tenants.create("acme"), Operator(services, "operator:ann")
    link_policies.set_rule(operator, "acme", LinkRule.STRICT)

    link_policies.set_absent_members(operator, "acme", AbsentMembers.CLEAR)

    caller = authenticator.authenticate("acme", f"Bearer {token}")
    assert caller.link_policy.policy is LinkRule.STRICT
    assert caller.absent_members is AbsentMembers.CLEAR


def test_whoever_is_let_in_comes_with_the_rate(
    services: Services, tenants: Tenants, authenticator: Authenticator
) -> None:
    token, operator = tenants.create("acme"), Operator(services, "operator:ann")

    tenant_rates.set_rate(operator, "acme", 100)

    assert authenticator.authenticate("acme", f"Bearer {token}").rate == 100


@pytest.mark.parametrize("rate", [1, 24, 1001])
def test_a_rate_is_between_what_identity_providers_ask_for_and_a_thousand(
    operator: Operator, rate: int
) -> None:
    with pytest.raises(TenantError, match="25 to 1000"):
        tenant_rates.set_rate(operator, "acme", rate)
    assert tenant_rates.read(operator, "acme") == 0


def test_whoever_is_let_in_comes_with_the_grace_of_deletions(
    services: Services, tenants: Tenants, authenticator: Authenticator
) -> None:
    token, operator = tenants.create("acme"), Operator(services, "operator:ann")
    assert tenants.show("acme").grace == 7

    held_deletions.set_grace(operator, "acme", 0)

    assert authenticator.authenticate("acme", f"Bearer {token}").grace == 0
    with pytest.raises(TenantError, match="0 to 60 days"):
        held_deletions.set_grace(operator, "acme", 61)


def test_a_new_tenant_keeps_members_and_a_change_of_one_policy_keeps_the_other(
    operator: Operator,
) -> None:
    assert link_policies.read(operator, "acme").absent_members is AbsentMembers.KEEP
    link_policies.set_absent_members(operator, "acme", AbsentMembers.CLEAR)
    link_policies.set_rule(operator, "acme", LinkRule.STRICT)
    found = link_policies.read(operator, "acme")
    assert (found.absent_members, found.link_policy.policy) == (
        AbsentMembers.CLEAR,
        LinkRule.STRICT,
    )
