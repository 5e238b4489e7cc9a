"""The link policy of a tenant: set, kept within domains, known to whoever is let in."""

from __future__ import annotations

import pytest

from rollcall.model.account_link import LinkPolicy, LinkRule
from rollcall.scim.member_operations import AbsentMembers
from rollcall.tenants.authentication import Authenticator
from rollcall.tenants.link_policies import LinkPolicies
from rollcall.tenants.tenants import TenantError, Tenants


@pytest.fixture
def policy(tenants: Tenants) -> LinkPolicies:
    """The link policy of a new tenant acme."""
    tenants.add("acme")
    return LinkPolicies(tenants)


def test_a_new_tenant_matches_accounts_of_any_domain(policy: LinkPolicies) -> None:
    assert policy.tenants.show("acme").linking == LinkPolicy(LinkRule.MATCH, frozenset())


def test_domains_are_kept_as_people_read_them_each_once(policy: LinkPolicies) -> None:
    for each in ("Example.COM", "@example.com", "xn--mller-kva.test", "sub.example.com"):
        policy.add("acme", each)
    policy.remove("acme", "SUB.example.com")

    assert policy.tenants.show("acme").linking.domains == {"example.com", "müller.test"}


@pytest.mark.parametrize("domain", ["", "a b", "x@y.test", "example..com", "-.test", "*.test"])
def test_what_is_no_domain_is_refused(domain: str, policy: LinkPolicies) -> None:
    with pytest.raises(TenantError, match="is no mail domain"):
        policy.add("acme", domain)


def test_adopt_needs_domains_and_keeps_the_last_one(policy: LinkPolicies) -> None:
    with pytest.raises(TenantError, match="needs domains"):
        policy.set("acme", LinkRule.ADOPT)
    policy.add("acme", "example.com")

    assert policy.set("acme", LinkRule.ADOPT) == LinkPolicy(
        LinkRule.ADOPT, frozenset({"example.com"})
    )
    with pytest.raises(TenantError, match="needs domains"):
        policy.remove("acme", "example.com")
    with pytest.raises(TenantError, match=r"other\.test is none of the domains"):
        policy.remove("acme", "other.test")


def test_whoever_is_let_in_comes_with_the_policy(
    tenants: Tenants, authenticator: Authenticator
) -> None:
    token = tenants.create("acme")
    LinkPolicies(tenants).set("acme", LinkRule.STRICT)

    tenants.set_absent_members("acme", AbsentMembers.CLEAR)

    caller = authenticator.authenticate("acme", f"Bearer {token}")
    assert caller.linking.policy is LinkRule.STRICT
    assert caller.absent_members is AbsentMembers.CLEAR


def test_a_new_tenant_keeps_members_and_a_change_of_one_policy_keeps_the_other(
    policy: LinkPolicies,
) -> None:
    assert policy.tenants.show("acme").absent_members is AbsentMembers.KEEP
    policy.tenants.set_absent_members("acme", AbsentMembers.CLEAR)
    policy.set("acme", LinkRule.STRICT)
    found = policy.tenants.show("acme")
    assert (found.absent_members, found.linking.policy) == (AbsentMembers.CLEAR, LinkRule.STRICT)
