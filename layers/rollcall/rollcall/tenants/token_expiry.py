"""Tokens and client secrets that are about to expire, so that somebody replaces them in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from rollcall.storage.token_usage import TokenUse
from rollcall.tenants.oauth_clients import ClientSecret, OAuthClient
from rollcall.tenants.tenants import ACTIVE, Tenant, Token

SOON = timedelta(days=30)

WARN_DAYS = (30, 14, 7, 3, 2, 1)
"""The days before a token's end on which operators are notified. A daily check needs no state for
this, and the next day of the list makes up for a check that did not run."""


class _EndsSoon:
    """What ends in some days."""

    days: int

    @property
    def is_due(self) -> bool:
        """Tell whether operators are to be notified today."""
        return self.days in WARN_DAYS


@dataclass(frozen=True)
class ExpiringToken(_EndsSoon):
    """A token that expires soon and has no successor that is in use."""

    tenant: str
    token: Token
    days: int
    use: TokenUse | None

    def sentence(self) -> str:
        """Return a sentence for the person who is to replace the token."""
        used, when = _used(self.use), _when(self.days, self.token.expires)
        name = f"the token {self.token.id} ({self.token.label}) of {self.tenant}"
        if self.token.successor:
            return (
                f"{name} {when}; {used}. Its successor {self.token.successor} was never used: "
                "has it been entered in the identity provider?"
            )
        return f"{name} {when}; {used}. Replace it: rollcall handover {self.tenant}"


@dataclass(frozen=True)
class ExpiringSecret(_EndsSoon):
    """A secret of a client that expires soon, while no later one is in use.

    `later` is the id of a later one that was never used, empty where there is none.
    """

    tenant: str
    client: OAuthClient
    secret: ClientSecret
    later: str
    days: int
    use: TokenUse | None

    def sentence(self) -> str:
        """Return a sentence for the person who is to replace the secret."""
        used, when = _used(self.use), _when(self.days, self.secret.expires)
        client = f"{self.client.id} ({self.client.label}) of {self.tenant}"
        sentence = f"the secret {self.secret.id} of the client {client} {when}; {used}."
        if self.later:
            return (
                f"{sentence} The later one, {self.later}, was never used: has it been entered in "
                "the identity provider?"
            )
        return f"{sentence} Replace it: rollcall oauth rotate {self.tenant} {self.client.id}"


Expiring: TypeAlias = ExpiringToken | ExpiringSecret


def expiring_tokens(
    tenant: Tenant, uses: Mapping[str, TokenUse], now: datetime
) -> Iterator[ExpiringToken]:
    """Yield the tokens of a tenant that expire soon, without those whose successor is in use."""
    if tenant.state != ACTIVE:
        return
    for token in tenant.tokens:
        days = _days_left(token.expires, now)
        if days is not None and token.successor not in uses:
            yield ExpiringToken(tenant.name, token, days, uses.get(token.id))


def expiring_secrets(
    tenant: Tenant, uses: Mapping[str, TokenUse], now: datetime
) -> Iterator[ExpiringSecret]:
    """Yield the client secrets of a tenant that expire soon, unless a later one is in use."""
    if tenant.state != ACTIVE:
        return
    for client in tenant.clients:
        for secret in client.secrets:
            days = _days_left(secret.expires, now)
            later = [each.id for each in client.secrets if each.expires > secret.expires]
            if days is not None and not uses.keys() & set(later):
                use = uses.get(secret.id)
                yield ExpiringSecret(tenant.name, client, secret, "".join(later[-1:]), days, use)


def notification(endings: Iterable[Expiring]) -> str:
    """Return the text of a notification, one sentence a line."""
    ordered = sorted(endings, key=lambda ending: (ending.days, ending.tenant))
    return "\n".join(ending.sentence() for ending in ordered)


def subject(endings: Sequence[Expiring]) -> str:
    """Return the subject of a notification."""
    tokens = sum(isinstance(ending, ExpiringToken) for ending in endings)
    secrets = len(endings) - tokens
    counts = [
        f"{count} {name}{'s' * (count != 1)}"
        for count, name in ((tokens, "token"), (secrets, "client secret"))
        if count
    ]
    return f"Rollcall: {' and '.join(counts)} about to expire"


def _days_left(expires: str, now: datetime) -> int | None:
    """Return the days until something expires soon; within the last day it is one."""
    remaining = datetime.fromisoformat(expires) - now
    return -(-remaining // timedelta(days=1)) if timedelta() < remaining <= SOON else None


def _used(use: TokenUse | None) -> str:
    return "it was never used" if use is None else f"it was last used on {use.last}"


def _when(days: int, expires: str) -> str:
    return f"expires in {days} day{'s' * (days != 1)}, {expires}"
