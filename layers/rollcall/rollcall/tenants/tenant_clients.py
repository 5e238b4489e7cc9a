"""The OAuth clients of one tenant: created, given another secret, revoked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from rollcall.aws.secrets import Content
from rollcall.federation.trust import Trust
from rollcall.scim.instant import instant
from rollcall.tenants import oauth_clients, token_format
from rollcall.tenants.oauth_clients import (
    MAX_TOKEN_SECONDS,
    TOKEN_SECONDS,
    ClientSecret,
    OAuthClient,
    new_client_id,
    new_secret_id,
)
from rollcall.tenants.tenant_tokens import MAX_OVERLAP, check_label
from rollcall.tenants.tenants import READ_WRITE, TenantError, Tenants

MAX_CLIENTS = 10
MAX_SECRETS = 2
"""How many clients a tenant may have, and how many live secrets a client."""

MIN_DAYS, MAX_DAYS = 365, 3 * 365
"""How long a secret may be valid: what the gallery of Entra ID asks for."""


@dataclass(frozen=True)
class IssuedSecret:
    """A new secret of a client; `plain` is not stored. `replaced` is the secret that it replaces.

    `replaced` is None when there was no live one.
    """

    plain: str = field(repr=False)
    client: OAuthClient
    secret: ClientSecret
    replaced: ClientSecret | None = None


class TenantClients:
    """The clients of one tenant; each change is a compare-and-swap of the tenant's secret."""

    def __init__(self, tenants: Tenants, tenant: str) -> None:
        self._tenants = tenants
        self._tenant = tenant

    def create(
        self,
        label: str,
        days: int = MIN_DAYS,
        scope: str = READ_WRITE,
        token_seconds: int = TOKEN_SECONDS,
        *,
        identifier: str = "",
    ) -> IssuedSecret:
        """Add a client with a secret. Raises TenantError when the tenant has MAX_CLIENTS."""
        plain, secret = self._new_secret(days)
        client = self._add(
            self._new_client(identifier, label, scope, token_seconds, secrets=(secret,))
        )
        return IssuedSecret(plain, client, secret)

    def create_trusted(
        self,
        label: str,
        trust: Trust,
        scope: str = READ_WRITE,
        token_seconds: int = TOKEN_SECONDS,
        *,
        identifier: str = "",
    ) -> OAuthClient:
        """Add a client that signs in by a trust. Raises TenantError as `create` does."""
        return self._add(self._new_client(identifier, label, scope, token_seconds, trust=trust))

    def rotate(
        self,
        identifier: str | None,
        overlap: timedelta,
        days: int = MIN_DAYS,
        *,
        new_identifier: str = "",
    ) -> IssuedSecret:
        """Add a secret to a client; the live one works for `overlap` more.

        Without an id it is the only client with secrets. An overlap of zero is for a secret that
        leaked: it ends all others, and the access tokens that were issued for them. Repeated with
        the same `new_identifier`, it replaces the new secret, whose answer was lost. Raises
        TenantError.
        """
        if not timedelta() <= overlap <= MAX_OVERLAP:
            raise TenantError(f"an overlap is between 0 and {MAX_OVERLAP.days} days")
        old = self._to_rotate(identifier)
        plain, secret = self._new_secret(days, new_identifier)
        now = self._now()

        def swap(client: OAuthClient) -> OAuthClient:
            if secret in client.secrets:
                return client  # added already, by an attempt whose answer was lost
            if not overlap:
                return replace(client, secrets=(secret,))
            others = [stored for stored in client.secrets if stored.id != secret.id]
            live = [stored for stored in others if stored.is_live(now)]
            if len(live) >= MAX_SECRETS:
                raise TenantError(_full(client, live))
            last = instant(now + overlap)
            ending = tuple(replace(stored, expires=min(stored.expires, last)) for stored in others)
            return replace(client, secrets=(*ending, secret))

        client = self._change(old.id, swap)
        before = [each for each in old.secrets if each.is_live(now) and each.id != secret.id]
        replaced = max(before, key=lambda stored: stored.expires, default=None)
        if replaced is not None:
            until = min(replaced.expires, instant(now + overlap))
            replaced = replace(replaced, expires=until)
        return IssuedSecret(plain, client, secret, replaced)

    def revoke(self, identifier: str) -> OAuthClient:
        """Delete a client: its access tokens are refused everywhere within a minute.

        Raises TenantError.
        """
        revoked: list[OAuthClient] = []

        def remove(content: Content) -> Content:
            clients = _clients(content)
            # Not cleared first: an earlier attempt, whose answer was lost, may have deleted it.
            revoked.extend(client for client in clients if client.id == identifier)
            return self._with(content, [each for each in clients if each.id != identifier])

        self._tenants.change(self._tenant, remove, overtaken=revoked.clear)
        if not revoked:
            raise self._unknown(identifier)
        return revoked[0]

    def revoke_secret(self, identifier: str, secret: str) -> OAuthClient:
        """Delete one of the two secrets of a client, and end the tokens that were issued for it.

        Returns the client as it is then. Raises TenantError for the only live secret.
        """
        now = self._now()
        stored = self._tenants.show(self._tenant).client(identifier)
        if stored is None:
            raise self._unknown(identifier)
        if secret not in {each.id for each in stored.secrets}:
            raise TenantError(f"the client {identifier} has no secret {secret}")

        def remove(client: OAuthClient) -> OAuthClient:
            secrets = tuple(each for each in client.secrets if each.id != secret)
            if not any(each.is_live(now) for each in secrets):
                raise TenantError(
                    f"{secret} is the only live secret of {identifier}: rotate it, or revoke the "
                    "client"
                )
            return replace(client, secrets=secrets)

        return self._change(identifier, remove)

    def _new_secret(self, days: int, identifier: str = "") -> tuple[str, ClientSecret]:
        if not MIN_DAYS <= days <= MAX_DAYS:
            raise TenantError(
                f"a client secret is valid for one to three years, {MIN_DAYS} to {MAX_DAYS} days"
            )
        plain, now = token_format.generate(oauth_clients.PREFIX), self._now()
        digest, until = token_format.digest(plain), instant(now + timedelta(days=days))
        return plain, ClientSecret(identifier or new_secret_id(), digest, instant(now), until)

    def _new_client(
        self,
        identifier: str,
        label: str,
        scope: str,
        token_seconds: int,
        *,
        secrets: tuple[ClientSecret, ...] = (),
        trust: Trust | None = None,
    ) -> OAuthClient:
        check_label(label)
        if not TOKEN_SECONDS <= token_seconds <= MAX_TOKEN_SECONDS:
            raise TenantError("access tokens are valid for one to six hours")
        now = instant(self._now())
        return OAuthClient(
            identifier or new_client_id(), label, now, scope, token_seconds, secrets, trust
        )

    def _add(self, client: OAuthClient) -> OAuthClient:
        def add(content: Content) -> Content:
            # An edit is applied twice when the answer to the first was lost.
            others = [stored for stored in _clients(content) if stored.id != client.id]
            return self._with(content, [*others, client])

        self._tenants.change(self._tenant, add)
        return client

    def _change(self, identifier: str, edit: Callable[[OAuthClient], OAuthClient]) -> OAuthClient:
        def change(content: Content) -> Content:
            clients = _clients(content)
            if identifier not in {client.id for client in clients}:
                raise self._unknown(identifier)
            edited = [edit(each) if each.id == identifier else each for each in clients]
            return self._with(content, edited)

        changed = self._tenants.change(self._tenant, change).client(identifier)
        if changed is None:  # it was there, or the change had been refused
            raise self._unknown(identifier)
        return changed

    def _with(self, content: Content, clients: list[OAuthClient]) -> Content:
        if len(clients) > MAX_CLIENTS:
            raise TenantError(f"a tenant has at most {MAX_CLIENTS} clients, revoke one first")
        gone = instant(self._now() - timedelta(seconds=MAX_TOKEN_SECONDS))
        kept = [
            replace(client, secrets=tuple(each for each in client.secrets if each.expires > gone))
            for client in clients
        ]
        return {**content, "clients": [_content(client) for client in kept]}

    def _to_rotate(self, identifier: str | None) -> OAuthClient:
        clients = self._tenants.show(self._tenant).clients
        if identifier is not None:
            for client in clients:
                if client.id == identifier:
                    if client.trust is not None:
                        raise TenantError(f"the client {client.id} has a trust, and no secrets")
                    return client
            raise self._unknown(identifier)
        candidates = [client for client in clients if client.trust is None]
        if not candidates:
            raise TenantError(f"{self._tenant} has no client with a secret, create one")
        if len(candidates) > 1:
            named = ", ".join(f"{client.id} ({client.label})" for client in candidates)
            raise TenantError(f"{self._tenant} has several clients, say which one: {named}")
        return candidates[0]

    def _unknown(self, identifier: str) -> TenantError:
        return TenantError(f"{self._tenant} has no client {identifier}")

    def _now(self) -> datetime:
        return self._tenants.clock().astimezone(UTC)


def _clients(content: Content) -> list[OAuthClient]:
    return [OAuthClient.of(raw) for raw in content.get("clients", [])]


def _content(client: OAuthClient) -> Content:
    """Return a client as JSON has it: what is compared with what is stored."""
    raw = asdict(client)
    return {**raw, "secrets": list(raw["secrets"])}


def _full(client: OAuthClient, live: list[ClientSecret]) -> str:
    named = " and ".join(f"{secret.id} until {secret.expires[:10]}" for secret in live)
    return (
        f"{client.id} has {MAX_SECRETS} live secrets, {named}: wait until one has expired, or "
        "revoke the one that is not in use"
    )
