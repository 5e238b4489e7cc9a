"""The secret tokens of a tenant: issued, replaced with an overlap, listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from rollcall.operations.operator import Operator
from rollcall.storage.outbox import Outbox
from rollcall.storage.token_usage import TokenUse
from rollcall.tenants.oauth_clients import OAuthClient
from rollcall.tenants.tenant_tokens import IssuedToken
from rollcall.tenants.tenants import (
    READ_ONLY,
    READ_WRITE,
    TOKEN_DAYS,
    TenantError,
    Token,
    new_token_id,
)
from rollcall.tenants.token_expiry import SOON

IN_USE = timedelta(days=1)
"""A token that was used within this time is in use. Of its use only the day is known."""

__all__ = ["SOON", "TOKEN_DAYS", "IssuedToken", "Token", "TokenUse", "new_token_id"]


class Scope(StrEnum):
    """What a token permits."""

    READ_WRITE = READ_WRITE
    READ_ONLY = READ_ONLY


@dataclass(frozen=True)
class UsedToken:
    """A live token, and its use: None when it was never used."""

    token: Token
    use: TokenUse | None


@dataclass(frozen=True)
class Retirement:
    """The live bearer tokens of a tenant, the OAuth clients that sign in instead, and their use.

    `objections` are sentences that say why the tokens should not end yet.
    """

    tokens: tuple[UsedToken, ...]
    clients: tuple[tuple[OAuthClient, TokenUse | None], ...]
    objections: tuple[str, ...]


def issue(
    operator: Operator, tenant: str, label: str, days: int, scope: Scope, *, identifier: str = ""
) -> IssuedToken:
    """Add a token to a tenant, in the place of one with its `identifier`. Raises TenantError."""
    issued = operator.services.tokens(tenant).issue(label, days, scope.value, identifier=identifier)
    detail = f"{scope.value}, until {issued.token.expires}"
    operator.audit_log(tenant).write("issue", f"Token/{issued.token.id}", detail)
    return issued


def rotate(
    operator: Operator,
    tenant: str,
    token: str | None,
    overlap: timedelta,
    days: int,
    *,
    identifier: str = "",
) -> IssuedToken:
    """Replace a token by a new one with its label and scope; the old one works for `overlap` more.

    Without an id it is the only live token that is not being replaced. `identifier` is the new
    token's, so that it is there once however often this is repeated. Raises TenantError.
    """
    services = operator.services
    issued = services.tokens(tenant).rotate(token, overlap, days, new_identifier=identifier)
    if (old := issued.replaced) is not None:
        log = operator.audit_log(tenant)
        detail = f"by {issued.token.id}, works until {old.expires}"
        log.write("rotate", f"Token/{old.id}", detail)
        change = {"successor": issued.token.id, "until": old.expires}
        Outbox(services.table, tenant).write("token.rotated", old.id, change, log.actor)
    return issued


def show(operator: Operator, tenant: str, token: str) -> UsedToken:
    """Return a token and its use. Raises TenantError when the tenant does not have it."""
    stored = operator.services.tenants.show(tenant).token(token)
    if stored is None:
        raise TenantError(f"{tenant} has no live token {token}")
    return UsedToken(stored, operator.services.token_usage(tenant).read(token))


def revoke(operator: Operator, tenant: str, token: str) -> Token:
    """Revoke a token: it is refused everywhere within a minute. Raises TenantError."""
    revoked = operator.services.tokens(tenant).revoke(token)
    operator.audit_log(tenant).write("revoke", f"Token/{token}", "")
    return revoked


def list_live(operator: Operator, tenant: str) -> list[UsedToken]:
    """Return the live tokens of a tenant, oldest first. Raises TenantError."""
    now = datetime.now(UTC)
    tokens = operator.services.tenants.show(tenant).tokens
    uses = operator.services.token_usage(tenant).read_all()
    return [UsedToken(token, uses.get(token.id)) for token in tokens if token.is_live(now)]


def plan_retirement(operator: Operator, tenant: str) -> Retirement:
    """Return what a retirement of the bearer tokens would end. Raises TenantError."""
    now = datetime.now(UTC)
    uses = operator.services.token_usage(tenant).read_all()
    stored = operator.services.tenants.show(tenant)
    tokens = tuple(
        UsedToken(each, uses.get(each.id)) for each in stored.tokens if each.is_live(now)
    )
    clients = tuple((each, uses.get(each.id)) for each in stored.clients if each.is_live(now))
    objections = [
        f"the token {used.token.id} ({used.token.label}) was used on {used.use.last}"
        for used in tokens
        if used.use is not None and used.use.last >= (now - IN_USE).date().isoformat()
    ]
    if not any(use for _, use in clients):
        objections.append(f"no OAuth client of {tenant} was ever used: nothing else works yet")
    return Retirement(tokens, clients, tuple(objections))


def retire(operator: Operator, tenant: str, *, force: bool = False) -> Retirement:
    """Revoke all bearer tokens of a tenant: they are refused everywhere within a minute.

    Raises TenantError while there are objections, unless it is forced.
    """
    planned = plan_retirement(operator, tenant)
    if planned.tokens and planned.objections and not force:
        raise TenantError(f"{'; '.join(planned.objections)}: retire later, or with --force")
    if not planned.tokens:
        return planned
    log = operator.audit_log(tenant)
    identifiers = {used.token.id for used in planned.tokens}
    for token in operator.services.tokens(tenant).retire(identifiers):
        log.write("revoke", f"Token/{token.id}", "retired")
    return planned
