"""The link of an account: local to the product, or linked to a person of the identity provider.

Accounts exist before SCIM is switched on. Whether a client may link one is the tenant's link
policy; a protected account no client may change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rollcall.model import match_keys


class LinkState(StrEnum):
    """Whether a client has written to an account."""

    LOCAL = "local"
    LINKED = "linked"


@dataclass(frozen=True)
class AccountLink:
    """The link of an account. An account that a client creates is linked."""

    state: LinkState = LinkState.LINKED
    protected: bool = False

    @classmethod
    def of(cls, item: Mapping[str, Any] | None) -> AccountLink:
        """Return the link in the attribute `link` of an item; linked without one."""
        if item is None:
            return LINKED
        return cls(LinkState(item["state"]), item.get("protected", False))

    @property
    def item(self) -> dict[str, Any]:
        """The link as the attribute `link` of an item."""
        return {"state": self.state.value, **({"protected": True} if self.protected else {})}

    def __str__(self) -> str:
        """The link in words."""
        return f"{self.state.value}, protected" if self.protected else self.state.value

    @property
    def local(self) -> bool:
        """Whether no client has written to the account yet."""
        return self.state is LinkState.LOCAL


LINKED = AccountLink()
LOCAL = AccountLink(LinkState.LOCAL)


class LinkRule(StrEnum):
    """What a client's write to a local account does.

    `match`: a PATCH or PUT links it, a POST that collides with it is refused. `adopt`: a POST links
    it, too. `strict`: neither; an operator links.
    """

    MATCH = "match"
    ADOPT = "adopt"
    STRICT = "strict"


@dataclass(frozen=True)
class LinkPolicy:
    """A tenant's link policy, and the mail domains within which it holds; none are all."""

    policy: LinkRule = LinkRule.MATCH
    domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> LinkPolicy:
        """Return the policy in `content`, with defaults for what it lacks."""
        domains = frozenset(content.get("domains", ()))
        return cls(LinkRule(content.get("policy", cls.policy)), domains)

    @property
    def content(self) -> dict[str, Any]:
        """The policy as `of` reads it."""
        return {"policy": self.policy.value, "domains": sorted(self.domains)}

    def refusal(self, link: AccountLink, document: Mapping[str, Any]) -> str | None:
        """Return why a write to an account is refused, None when it is not."""
        if not link.local:
            return None
        if self.policy is LinkRule.STRICT:
            return "the account is the product's own until an operator links it"
        if not self.covers(document):
            return "the account's address is in no domain that the tenant may link accounts of"
        return None

    def adopts(self, link: AccountLink, document: Mapping[str, Any]) -> bool:
        """Tell whether a POST that collides with an account links it."""
        return (
            self.policy is LinkRule.ADOPT
            and bool(self.domains)
            and link.local
            and not link.protected
            and self.covers(document)
        )

    def covers(self, document: Mapping[str, Any]) -> bool:
        """Tell whether an account is within the domains: by its userName, else by every e-mail.

        Where domains are named, an account without an address is in none of them.
        """
        if not self.domains:
            return True
        found = set(_domains(document))
        return bool(found) and found <= self.domains


def domain_of(value: str) -> str | None:
    """Return the domain of an address, folded and in Unicode; None when it is no address."""
    found = match_keys.address(value)
    return None if found is None else found[0].rpartition("@")[2]


def _domains(document: Mapping[str, Any]) -> Iterator[str]:
    if own := domain_of(document.get("userName") or ""):
        yield own
        return
    for each in document.get("emails") or ():
        if domain := domain_of(each.get("value") or ""):
            yield domain
