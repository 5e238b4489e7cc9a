"""Which accounts the identity provider of a tenant may link, and what its PUT of a group may do.

A change takes effect everywhere within a minute: functions keep a tenant's settings that long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from rollcall.aws.secrets import Content
from rollcall.model.absent_members import AbsentMembers
from rollcall.model.account_link import LinkPolicy, LinkRule, domain_of
from rollcall.operations.operator import Operator
from rollcall.tenants.tenants import Tenant, TenantError

__all__ = [
    "AbsentMembers",
    "LinkRule",
    "add_domain",
    "read",
    "remove_domain",
    "set_absent_members",
    "set_rule",
]

_DOMAIN = re.compile(r"[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)*")


def read(operator: Operator, tenant: str) -> Tenant:
    """Return a tenant with its policies: `linking` and `absent_members`."""
    return operator.services.tenants.show(tenant)


def set_rule(operator: Operator, tenant: str, rule: LinkRule) -> LinkPolicy:
    """Set what a client's write to a local account does.

    Raises TenantError for `adopt` without domains.
    """
    policy = _change(operator, tenant, lambda before: replace(before, policy=rule))
    _log(operator, tenant, "policy", rule.value)
    return policy


def set_absent_members(operator: Operator, tenant: str, policy: AbsentMembers) -> None:
    """Set what a PUT of a group without members does to its members."""
    operator.services.tenants.set_absent_members(tenant, policy)
    _log(operator, tenant, "policy", f"absent members: {policy.value}")


def add_domain(operator: Operator, tenant: str, domain: str) -> LinkPolicy:
    """Let clients link accounts of a mail domain. Raises TenantError for an invalid domain."""
    added = normalized(domain)

    def add(before: LinkPolicy) -> LinkPolicy:
        return replace(before, domains=before.domains | {added})

    policy = _change(operator, tenant, add)
    _log(operator, tenant, "domains", f"{domain} added")
    return policy


def remove_domain(operator: Operator, tenant: str, domain: str) -> LinkPolicy:
    """Remove a mail domain. When the last one is removed, accounts of any domain may be linked.

    Raises TenantError when it is not one of the tenant's, or the last one under `adopt`.
    """
    removed = normalized(domain)

    def remove(before: LinkPolicy) -> LinkPolicy:
        if removed not in before.domains:
            raise TenantError(f"{domain} is none of the domains of {tenant}")
        return replace(before, domains=before.domains - {removed})

    policy = _change(operator, tenant, remove)
    _log(operator, tenant, "domains", f"{domain} removed")
    return policy


def _change(
    operator: Operator, tenant: str, edit: Callable[[LinkPolicy], LinkPolicy]
) -> LinkPolicy:
    def changed(content: Content) -> Content:
        after = edit(LinkPolicy.of(content.get("linking", {})))
        if after.policy is LinkRule.ADOPT and not after.domains:
            raise TenantError(
                f"under adopt a POST takes an account over, which needs domains: "
                f"rollcall tenants domains add {tenant} DOMAIN"
            )
        return {**content, "linking": after.content}

    return operator.services.tenants.change(tenant, changed).link_policy


def _log(operator: Operator, tenant: str, action: str, detail: str) -> None:
    operator.audit_log(tenant).write(action, f"Tenant/{tenant}", detail)


def normalized(domain: str) -> str:
    """Return a mail domain in lower case and Unicode. Raises TenantError."""
    name = domain.strip().removeprefix("@")
    normalized = None if "@" in name else domain_of(f"x@{name}")
    if normalized is None or not _DOMAIN.fullmatch(normalized):
        raise TenantError(f"{domain!r} is no mail domain")
    return normalized
