"""A tenant's link policy: which accounts a client may link, changed by operators."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from rollcall.aws.secrets import Content
from rollcall.model.account_link import LinkPolicy, LinkRule, domain_of
from rollcall.tenants.tenants import TenantError, Tenants

_DOMAIN = re.compile(r"[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)*")


@dataclass(frozen=True)
class LinkPolicies:
    """The link policies of all tenants; a change is true everywhere within a minute."""

    tenants: Tenants

    def set(self, name: str, policy: LinkRule) -> LinkPolicy:
        """Set a tenant's policy. Raises TenantError for `adopt` without domains."""
        return self._change(name, lambda before: replace(before, policy=policy))

    def add(self, name: str, domain: str) -> LinkPolicy:
        """Let clients link accounts of a domain. Raises TenantError when it is none."""
        added = _folded(domain)
        return self._change(name, lambda before: replace(before, domains=before.domains | {added}))

    def remove(self, name: str, domain: str) -> LinkPolicy:
        """Take a domain back; the last one, too, and then any account may be linked.

        Raises TenantError when it is not among them, or the last one under `adopt`.
        """
        removed = _folded(domain)

        def without(before: LinkPolicy) -> LinkPolicy:
            if removed not in before.domains:
                raise TenantError(f"{domain} is none of the domains of {name}")
            return replace(before, domains=before.domains - {removed})

        return self._change(name, without)

    def _change(self, name: str, edit: Callable[[LinkPolicy], LinkPolicy]) -> LinkPolicy:
        def changed(content: Content) -> Content:
            after = edit(LinkPolicy.of(content.get("linking", {})))
            if after.policy is LinkRule.ADOPT and not after.domains:
                raise TenantError(
                    f"under adopt a POST takes an account over, which needs domains: "
                    f"rollcall tenants domains add {name} DOMAIN"
                )
            return {**content, "linking": after.content}

        return self.tenants.change(name, changed).linking


def _folded(domain: str) -> str:
    bare = domain.strip().removeprefix("@")
    found = None if "@" in bare else domain_of(f"x@{bare}")
    if found is None or not _DOMAIN.fullmatch(found):
        raise TenantError(f"{domain!r} is no mail domain")
    return found
