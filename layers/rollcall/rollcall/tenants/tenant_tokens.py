"""The tokens of one tenant: issued, replaced with an overlap, revoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

from rollcall.aws.secrets import Content
from rollcall.scim.instant import instant
from rollcall.tenants.tenants import (
    READ_WRITE,
    TOKEN_DAYS,
    TenantError,
    Tenants,
    Token,
    new_token,
)

MAX_TOKENS = 50
"""How many live tokens a tenant has: each request is compared with all of them."""

MAX_DAYS = 3650
MAX_OVERLAP = timedelta(days=90)
MAX_LABEL = 100


@dataclass(frozen=True)
class IssuedToken:
    """A new token; `plain` is kept nowhere. `replaced` is what it takes the place of."""

    plain: str = field(repr=False)
    token: Token
    replaced: Token | None = None


class TenantTokens:
    """The tokens of one tenant, each change of them a compare-and-swap of the tenant's secret."""

    def __init__(self, tenants: Tenants, tenant: str) -> None:
        self._tenants = tenants
        self._tenant = tenant

    def issue(
        self,
        label: str,
        days: int = TOKEN_DAYS,
        scope: str = READ_WRITE,
        *,
        identifier: str = "",
        instead_of: str = "",
    ) -> IssuedToken:
        """Add a token; what has expired, and the one that it is made instead of, are forgotten.

        Raises TenantError when the tenant has MAX_TOKENS already.
        """
        check_label_and_days(label, days)
        plain, made = new_token(
            label, self._tenants.clock(), timedelta(days=days), scope, identifier
        )
        return self._issued(plain, made, lambda each: each.id == instead_of)

    def renew(self, label: str, days: int) -> IssuedToken:
        """Issue a token in the place of all that have its label."""
        check_label_and_days(label, days)
        plain, made = new_token(label, self._tenants.clock(), timedelta(days=days))
        return self._issued(plain, made, lambda each: each.label == label)

    def rotate(
        self, identifier: str | None, overlap: timedelta, days: int = TOKEN_DAYS
    ) -> IssuedToken:
        """Issue a token of the same label and scope as another, which works for `overlap` more.

        Without an id it is the only live token that is not being replaced already. An overlap of
        zero is for a token that leaked. Raises TenantError.
        """
        if not timedelta() <= overlap <= MAX_OVERLAP:
            raise TenantError(f"an overlap is between 0 and {MAX_OVERLAP.days} days")
        now = self._tenants.clock()
        old = self._to_replace(self._tenants.show(self._tenant).tokens, identifier)
        check_label_and_days(old.label, days)
        plain, made = new_token(old.label, now, timedelta(days=days), old.scope)
        last = min(old.expires, instant(now + overlap))
        ending = replace(old, expires=last, successor=made.id)

        def swap(content: Content) -> Content:
            live = _live(content, instant(now))
            if made in live:
                return content  # made already, by a try whose answer was lost
            if old not in live:
                raise TenantError(f"the token {old.id} was changed meanwhile, look again")
            kept = [ending if each == old else each for each in live]
            return _with(content, [*(each for each in kept if each.expires > instant(now)), made])

        self._tenants.change(self._tenant, swap)
        return IssuedToken(plain, made, ending)

    def revoke(self, identifier: str) -> Token:
        """Forget a token: it is refused everywhere within a minute. Raises TenantError."""
        revoked: list[Token] = []

        def remove(content: Content) -> Content:
            kept = [Token(**each) for each in content["tokens"]]
            # Not forgotten where it is gone by now: a try whose answer was lost has done it.
            revoked.extend(each for each in kept if each.id == identifier)
            return _with(content, [each for each in kept if each.id != identifier])

        self._tenants.change(self._tenant, remove, overtaken=revoked.clear)
        if not revoked:
            raise self._unknown(identifier)
        return revoked[0]

    def _issued(self, plain: str, made: Token, forgotten: Callable[[Token], bool]) -> IssuedToken:
        def add(content: Content) -> Content:
            # An edit may be made on top of itself, when the answer to the first was lost.
            live = [each for each in _live(content, made.created) if each.id != made.id]
            return _with(content, [*(each for each in live if not forgotten(each)), made])

        self._tenants.change(self._tenant, add)
        return IssuedToken(plain, made)

    def _to_replace(self, kept: tuple[Token, ...], identifier: str | None) -> Token:
        now = self._tenants.clock()
        live = [each for each in kept if each.is_live(now)]
        if identifier is not None:
            for each in live:
                if each.id == identifier:
                    return each
            raise self._unknown(identifier)
        candidates = [each for each in live if not each.successor]
        if not candidates:
            raise TenantError(f"{self._tenant} has no live token to replace, issue one")
        if len(candidates) > 1:
            named = ", ".join(f"{each.id} ({each.label})" for each in candidates)
            raise TenantError(f"{self._tenant} has several live tokens, say which one: {named}")
        return candidates[0]

    def _unknown(self, identifier: str) -> TenantError:
        return TenantError(f"{self._tenant} has no live token {identifier}")


def _live(content: Content, now: str) -> list[Token]:
    return [each for each in (Token(**raw) for raw in content["tokens"]) if each.expires > now]


def _with(content: Content, kept: list[Token]) -> Content:
    if len(kept) > MAX_TOKENS:
        raise TenantError(f"a tenant has at most {MAX_TOKENS} live tokens, revoke one first")
    return {**content, "tokens": [asdict(each) for each in kept]}


def check_label_and_days(label: str, days: int) -> None:
    """Raise TenantError for a label or a lifetime that no token has."""
    if not 1 <= days <= MAX_DAYS:
        raise TenantError(f"a token lives between 1 and {MAX_DAYS} days")
    if not 1 <= len(label) <= MAX_LABEL or not label.isprintable():
        raise TenantError(f"a label has 1 to {MAX_LABEL} printable characters")
