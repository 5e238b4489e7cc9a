"""Tokens that are about to expire, so that somebody replaces them before provisioning stops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollcall.storage.token_usage import TokenUse
from rollcall.tenants.tenants import ACTIVE, Tenant, Token

SOON = timedelta(days=30)

WARN_DAYS = (30, 14, 7, 3, 2, 1)
"""The days before a token's end on which operators are notified. A daily check needs no state for
this, and the next day of the list makes up for a check that did not run."""


@dataclass(frozen=True)
class ExpiringToken:
    """A token that expires soon and has no successor that is in use."""

    tenant: str
    token: Token
    days: int
    use: TokenUse | None

    @property
    def is_due(self) -> bool:
        """Tell whether operators are to be notified today."""
        return self.days in WARN_DAYS

    def sentence(self) -> str:
        """Return a sentence for the person who is to replace the token."""
        used = "it was never used" if self.use is None else f"it was last used on {self.use.last}"
        when = f"expires in {self.days} day{'s' * (self.days != 1)}, {self.token.expires}"
        name = f"the token {self.token.id} ({self.token.label}) of {self.tenant}"
        if self.token.successor:
            return (
                f"{name} {when}; {used}. Its successor {self.token.successor} was never used: "
                "has it been entered in the identity provider?"
            )
        return f"{name} {when}; {used}. Replace it: rollcall handover {self.tenant}"


def expiring_tokens(
    tenant: Tenant, uses: Mapping[str, TokenUse], now: datetime
) -> Iterator[ExpiringToken]:
    """Yield the tokens of a tenant that expire soon, without those whose successor is in use."""
    if tenant.state != ACTIVE:
        return
    for token in tenant.tokens:
        remaining = datetime.fromisoformat(token.expires) - now
        if timedelta() < remaining <= SOON and token.successor not in uses:
            # A token that ends within the day has one day left.
            yield ExpiringToken(
                tenant.name, token, -(-remaining // timedelta(days=1)), uses.get(token.id)
            )


def notification(endings: Iterable[ExpiringToken]) -> str:
    """Return the text of a notification, one sentence a line."""
    ordered = sorted(endings, key=lambda ending: (ending.days, ending.tenant))
    return "\n".join(ending.sentence() for ending in ordered)
