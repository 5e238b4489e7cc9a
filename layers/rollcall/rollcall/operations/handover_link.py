"""The one-time link that gives a tenant's administrator what is needed to sign in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from rollcall.operations.operator import Operator
from rollcall.operations.tokens import UsedToken
from rollcall.storage.token_usage import TokenUse
from rollcall.tenants.handover import STATUS_DAYS, HandoverService
from rollcall.tenants.oauth_clients import OAuthClient
from rollcall.tenants.tenants import TOKEN_DAYS, Token

__all__ = ["STATUS_DAYS", "TOKEN_DAYS", "OAuthClient"]


@dataclass(frozen=True)
class HandoverLink:
    """The link, which is a secret, and until when it opens (RFC 3339 in UTC).

    `withdrawn` earlier links were never opened and are ended; `revoked` tokens and clients of
    theirs were never used. `kept` are the tokens that go on working, `kept_clients` the clients,
    each with its use.
    """

    url: str = field(repr=False)
    opens_until: str
    withdrawn: int
    revoked: tuple[Token | OAuthClient, ...]
    kept: tuple[UsedToken, ...]
    kept_clients: tuple[tuple[OAuthClient, TokenUse | None], ...]


def create(operator: Operator, tenant: str, opens: timedelta, days: int) -> HandoverLink:
    """Create a link that can be opened for a while; a token that its button makes lives `days`.

    Ends earlier links that were never opened, and what they made and nobody used. Raises
    TenantError.
    """
    services = operator.services
    offer = HandoverService(services.table, services.tenants).offer(tenant, opens, days)
    log = operator.audit_log(tenant)
    for made in offer.revoked:
        kind = "Client" if isinstance(made, OAuthClient) else "Token"
        log.write("revoke", f"{kind}/{made.id}", "handed over and never used")
    log.write("handover", f"Tenant/{tenant}", f"opens until {offer.opens_until}")
    return HandoverLink(
        f"{services.settings.url.rstrip('/')}/handover#{offer.code}",
        offer.opens_until,
        offer.withdrawn,
        offer.revoked,
        tuple(UsedToken(token, use) for token, use in offer.live_tokens),
        offer.live_clients,
    )
