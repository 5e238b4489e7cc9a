"""The OAuth clients of a tenant: created, given another secret, listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from rollcall.aws.signing_keys import SigningKey
from rollcall.operations.operator import Operator
from rollcall.operations.tokens import Scope
from rollcall.storage.token_usage import TokenUse
from rollcall.tenants.oauth_clients import ClientSecret, OAuthClient, new_client_id, new_secret_id
from rollcall.tenants.tenant_clients import MAX_DAYS, MIN_DAYS, IssuedSecret
from rollcall.tenants.tenants import TenantError
from rollcall.tenants.token_expiry import SOON

__all__ = [
    "MAX_DAYS",
    "MIN_DAYS",
    "SOON",
    "ClientSecret",
    "IssuedSecret",
    "OAuthClient",
    "Scope",
    "TokenUse",
    "new_client_id",
    "new_secret_id",
]


@dataclass(frozen=True)
class UsedClient:
    """A client, its use, and the uses of its secrets by their ids."""

    client: OAuthClient
    use: TokenUse | None
    uses_of_secrets: dict[str, TokenUse]


def create(
    operator: Operator,
    tenant: str,
    label: str,
    days: int,
    scope: Scope,
    *,
    hours: int = 1,
    identifier: str = "",
) -> IssuedSecret:
    """Add a client with a secret; its tokens are valid for some hours. Raises TenantError.

    With an `identifier` it is there once however often this is repeated, with the latest secret.
    """
    clients = operator.services.oauth_clients(tenant)
    issued = clients.create(label, days, scope.value, hours * 3600, identifier=identifier)
    detail = f"{scope.value}, secret {issued.secret.id} until {issued.secret.expires}"
    _write(operator, tenant, "create", issued.client.id, detail)
    return issued


def rotate(
    operator: Operator,
    tenant: str,
    client: str | None,
    overlap: timedelta,
    days: int,
    *,
    identifier: str = "",
) -> IssuedSecret:
    """Add a secret to a client; the live one works for `overlap` more. Raises TenantError.

    `identifier` is the new secret's, so that it is there once however often this is repeated.
    """
    clients = operator.services.oauth_clients(tenant)
    issued = clients.rotate(client, overlap, days, new_identifier=identifier)
    detail = f"secret {issued.secret.id} until {issued.secret.expires}"
    if (old := issued.replaced) is not None:
        detail += f", in the place of {old.id}, which works until {old.expires}"
    _write(operator, tenant, "rotate", issued.client.id, detail)
    return issued


def revoke(operator: Operator, tenant: str, client: str) -> OAuthClient:
    """Revoke a client: its tokens are refused everywhere within a minute. Raises TenantError."""
    revoked = operator.services.oauth_clients(tenant).revoke(client)
    _write(operator, tenant, "revoke", client, "")
    return revoked


def revoke_secret(operator: Operator, tenant: str, client: str, secret: str) -> OAuthClient:
    """Revoke one of the two secrets of a client, and the tokens that were issued for it.

    Raises TenantError.
    """
    changed = operator.services.oauth_clients(tenant).revoke_secret(client, secret)
    _write(operator, tenant, "revoke", client, f"secret {secret}")
    return changed


def list_all(operator: Operator, tenant: str) -> list[UsedClient]:
    """Return the clients of a tenant, oldest first. Raises TenantError."""
    clients = operator.services.tenants.show(tenant).clients
    uses = operator.services.token_usage(tenant).read_all()
    return [_used(client, uses) for client in clients]


def show(operator: Operator, tenant: str, client: str) -> UsedClient:
    """Return a client and its use. Raises TenantError when the tenant does not have it."""
    for used in list_all(operator, tenant):
        if used.client.id == client:
            return used
    raise TenantError(f"{tenant} has no client {client}")


def rotate_signing_key(operator: Operator, *, force: bool) -> SigningKey:
    """Add a key that signs the access tokens of all tenants, in a minute.

    Raises OperatorError while that would end tokens that are still valid, unless `force` is set.
    """
    operator.record("oauth rotate-signing-key")
    return operator.services.signing_keys.rotate(force=force)


def _used(client: OAuthClient, uses: dict[str, TokenUse]) -> UsedClient:
    of_secrets = {each.id: uses[each.id] for each in client.secrets if each.id in uses}
    return UsedClient(client, uses.get(client.id), of_secrets)


def _write(operator: Operator, tenant: str, verb: str, client: str, detail: str) -> None:
    log = operator.audit_log(tenant)
    log.write(verb, f"Client/{client}", detail)
