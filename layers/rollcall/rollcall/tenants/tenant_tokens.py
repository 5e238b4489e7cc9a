"""The tokens of one tenant: issued, replaced with an overlap, revoked."""

from __future__ import annotations

from collections.abc import Callable, Collection
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
"""How many live tokens a tenant may have: each request is compared with all of them."""

MAX_DAYS = 3650
MAX_OVERLAP = timedelta(days=90)
MAX_LABEL = 100


@dataclass(frozen=True)
class IssuedToken:
    """A new token; `plain` is not stored. `replaced` is the token that it replaces."""

    plain: str = field(repr=False)
    token: Token
    replaced: Token | None = None


class TenantTokens:
    """The tokens of one tenant; each change is a compare-and-swap of the tenant's secret."""

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
        """Add a token; expired tokens and the one in `instead_of` are deleted.

        Raises TenantError when the tenant has MAX_TOKENS already.
        """
        check_label_and_days(label, days)
        plain, token = new_token(
            label, self._tenants.clock(), timedelta(days=days), scope, identifier
        )
        return self._issued(plain, token, lambda stored: stored.id == instead_of)

    def renew(self, label: str, days: int) -> IssuedToken:
        """Issue a token in the place of all that have its label."""
        check_label_and_days(label, days)
        plain, token = new_token(label, self._tenants.clock(), timedelta(days=days))
        return self._issued(plain, token, lambda stored: stored.label == label)

    def rotate(
        self,
        identifier: str | None,
        overlap: timedelta,
        days: int = TOKEN_DAYS,
        *,
        new_identifier: str = "",
    ) -> IssuedToken:
        """Replace a token by one of the same label and scope; the old one works for `overlap` more.

        Without an id it is the only live token that is not being replaced already. An overlap of
        zero is for a token that leaked. Repeated with the same `new_identifier`, it replaces the
        new token, whose answer was lost. Raises TenantError.
        """
        if not timedelta() <= overlap <= MAX_OVERLAP:
            raise TenantError(f"an overlap is between 0 and {MAX_OVERLAP.days} days")
        now, stored = self._tenants.clock(), self._tenants.show(self._tenant)
        if (made := stored.token(new_identifier)) is not None:
            return self._rotated_again(made, stored.token(identifier or ""), identifier or "", days)
        old = self._to_replace(stored.tokens, identifier)
        check_label_and_days(old.label, days)
        plain, token = new_token(old.label, now, timedelta(days=days), old.scope, new_identifier)
        last = min(old.expires, instant(now + overlap))
        ending = replace(old, expires=last, successor=token.id)

        def swap(content: Content) -> Content:
            live = _live(content, instant(now))
            if token in live:
                return content  # added already, by an attempt whose answer was lost
            if old not in live:
                raise TenantError(f"the token {old.id} was changed meanwhile, look again")
            tokens = [ending if stored == old else stored for stored in live]
            return _with(
                content, [*(stored for stored in tokens if stored.expires > instant(now)), token]
            )

        self._tenants.change(self._tenant, swap)
        return IssuedToken(plain, token, ending)

    def _rotated_again(
        self, made: Token, old: Token | None, identifier: str, days: int
    ) -> IssuedToken:
        """Issue a token once more that was made in the place of one that may have ended."""
        issued = self.issue(made.label, days, made.scope, identifier=made.id)
        ended = replace(made, id=identifier, expires=made.created, successor=made.id)
        return replace(issued, replaced=old or ended)

    def revoke(self, identifier: str) -> Token:
        """Delete a token: it is refused everywhere within a minute. Raises TenantError."""
        revoked: list[Token] = []

        def remove(content: Content) -> Content:
            tokens = [Token(**raw) for raw in content["tokens"]]
            # Not cleared first: an earlier attempt, whose answer was lost, may have deleted it.
            revoked.extend(token for token in tokens if token.id == identifier)
            return _with(content, [token for token in tokens if token.id != identifier])

        self._tenants.change(self._tenant, remove, overtaken=revoked.clear)
        if not revoked:
            raise self._unknown(identifier)
        return revoked[0]

    def retire(self, identifiers: Collection[str]) -> tuple[Token, ...]:
        """Delete several tokens at once, and return those that were still there."""
        retired: list[Token] = []

        def remove(content: Content) -> Content:
            tokens = [Token(**raw) for raw in content["tokens"]]
            # Not cleared first, as in `revoke`.
            retired.extend(token for token in tokens if token.id in identifiers)
            return _with(content, [token for token in tokens if token.id not in identifiers])

        self._tenants.change(self._tenant, remove, overtaken=retired.clear)
        return tuple(retired)

    def _issued(
        self, plain: str, token: Token, is_replaced: Callable[[Token], bool]
    ) -> IssuedToken:
        def add(content: Content) -> Content:
            # An edit is applied twice when the answer to the first was lost.
            live = [stored for stored in _live(content, token.created) if stored.id != token.id]
            return _with(content, [*(stored for stored in live if not is_replaced(stored)), token])

        self._tenants.change(self._tenant, add)
        return IssuedToken(plain, token)

    def _to_replace(self, tokens: tuple[Token, ...], identifier: str | None) -> Token:
        now = self._tenants.clock()
        live = [token for token in tokens if token.is_live(now)]
        if identifier is not None:
            for token in live:
                if token.id == identifier:
                    return token
            raise self._unknown(identifier)
        candidates = [token for token in live if not token.successor]
        if not candidates:
            raise TenantError(f"{self._tenant} has no live token to replace, issue one")
        if len(candidates) > 1:
            named = ", ".join(f"{token.id} ({token.label})" for token in candidates)
            raise TenantError(f"{self._tenant} has several live tokens, say which one: {named}")
        return candidates[0]

    def _unknown(self, identifier: str) -> TenantError:
        return TenantError(f"{self._tenant} has no live token {identifier}")


def _live(content: Content, now: str) -> list[Token]:
    return [token for token in (Token(**raw) for raw in content["tokens"]) if token.expires > now]


def _with(content: Content, tokens: list[Token]) -> Content:
    if len(tokens) > MAX_TOKENS:
        raise TenantError(f"a tenant has at most {MAX_TOKENS} live tokens, revoke one first")
    return {**content, "tokens": [asdict(token) for token in tokens]}


def check_label_and_days(label: str, days: int) -> None:
    """Raise TenantError for an invalid label or lifetime."""
    if not 1 <= days <= MAX_DAYS:
        raise TenantError(f"a token lives between 1 and {MAX_DAYS} days")
    check_label(label)


def check_label(label: str) -> None:
    """Raise TenantError for an invalid label."""
    if not 1 <= len(label) <= MAX_LABEL or not label.isprintable():
        raise TenantError(f"a label has 1 to {MAX_LABEL} printable characters")
