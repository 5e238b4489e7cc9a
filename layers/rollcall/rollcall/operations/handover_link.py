"""The one-time link that gives a tenant's administrator endpoint and token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from rollcall.operations.operator import Operator
from rollcall.operations.tokens import UsedToken
from rollcall.tenants.handover import STATUS_DAYS, HandoverService
from rollcall.tenants.tenants import TOKEN_DAYS, Token

__all__ = ["STATUS_DAYS", "TOKEN_DAYS"]


@dataclass(frozen=True)
class HandoverLink:
    """The link, which is a secret, and until when it opens (RFC 3339 in UTC).

    `withdrawn` earlier links were never opened and are ended; `revoked` tokens of theirs were never
    used. `kept` are the tokens that go on working, each with its use.
    """

    url: str = field(repr=False)
    opens_until: str
    withdrawn: int
    revoked: tuple[Token, ...]
    kept: tuple[UsedToken, ...]


def create(operator: Operator, tenant: str, opens: timedelta, days: int) -> HandoverLink:
    """Create a link that can be opened for a while; its button issues a token for some days.

    Ends earlier links that were never opened, and their tokens that were never used. Raises
    TenantError.
    """
    services = operator.services
    offer = HandoverService(services.table, services.tenants).offer(tenant, opens, days)
    log = services.audit_log(tenant, operator.name)
    for token in offer.revoked:
        log.write("revoke", f"Token/{token.id}", "handed over and never used")
    log.write("handover", f"Tenant/{tenant}", f"opens until {offer.opens_until}")
    return HandoverLink(
        f"{services.settings.url.rstrip('/')}/handover#{offer.code}",
        offer.opens_until,
        offer.withdrawn,
        offer.revoked,
        tuple(UsedToken(token, use) for token, use in offer.live_tokens),
    )
