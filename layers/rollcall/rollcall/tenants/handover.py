"""Hand-over: a one-time link, whose button makes what an administrator needs to sign in.

The operator chooses until when the link opens, the administrator the sign-in method: a bearer
token, or an OAuth client with a secret or with a trust. After that the link shows the status of the
connection for STATUS_DAYS, and never the token or the secret again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from rollcall.federation.trust import Trust
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.storage.handover_items import Handover, HandoverItems
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage, TokenUse
from rollcall.tenants import token_format
from rollcall.tenants.oauth_clients import CLIENT_ID, OAuthClient, Way, new_client_id
from rollcall.tenants.tenant_clients import MAX_DAYS, MIN_DAYS, IssuedSecret, TenantClients
from rollcall.tenants.tenant_tokens import IssuedToken, TenantTokens, check_label_and_days
from rollcall.tenants.tenants import (
    ACTIVE,
    TENANT_NAME,
    TOKEN_DAYS,
    Tenant,
    TenantError,
    Tenants,
    Token,
    new_token_id,
)

STATUS_DAYS = 14
MAX_OPEN = timedelta(days=14)

_LABEL = "hand-over"

_CLAIM = timedelta(seconds=60)
"""How long a claim is exclusive: longer than a function runs."""

_TRUSTED = timedelta(days=3650)
"""How long it is remembered that a trust was handed over: it does not expire."""

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class OfferedHandover:
    """A new hand-over: its code, until when it opens, and what it replaces.

    `withdrawn` counts deleted links that were never opened; `revoked` tokens and clients were shown
    and never used. `live_tokens` and `live_clients` go on working; they come with their use.
    """

    code: str = field(repr=False)
    opens_until: str
    withdrawn: int
    revoked: tuple[Token | OAuthClient, ...]
    live_tokens: tuple[tuple[Token, TokenUse | None], ...]
    live_clients: tuple[tuple[OAuthClient, TokenUse | None], ...]


@dataclass(frozen=True)
class HandoverStatus:
    """What a link shows. Instants are RFC 3339 in UTC, empty for what has not happened.

    `way` is the sign-in method that was chosen, `client` the client that was made for it, while it
    is not revoked. `token_is_live` is about the token or the client, `use` is its use.
    """

    tenant: str
    opens_until: str
    shown: str
    status_until: str
    tenant_is_active: bool
    token_is_live: bool
    use: TokenUse | None
    way: str = ""
    client: OAuthClient | None = None


class HandoverService:
    """The hand-overs of all tenants."""

    def __init__(self, table: Table, tenants: Tenants) -> None:
        self._table = table
        self._tenants = tenants

    def offer(self, tenant: str, opens: timedelta, days: int = TOKEN_DAYS) -> OfferedHandover:
        """Create a link that opens for a while, and end the earlier hand-overs that were not used.

        Raises TenantError.
        """
        if not timedelta() < opens <= MAX_OPEN:
            raise TenantError(f"a link opens for at most {MAX_OPEN.days} days")
        check_label_and_days(_LABEL, days)
        stored = self._tenants.show(tenant)
        if stored.closure is not None:
            raise TenantError(stored.closure.sentence(tenant))
        if stored.state != ACTIVE:
            raise TenantError(f"{tenant} is disabled, enable it first")
        withdrawn, revoked = self._end_unused(tenant)
        now = self._tenants.clock()
        code = token_format.generate(f"{tenant}.")
        until = now + opens
        handover = Handover(
            token_format.digest(code), instant(now), instant(until), days, expires=_unix(until)
        )
        HandoverItems(self._table, tenant).create(handover)
        uses = TokenUsage(self._table, tenant).read_all()
        stored = self._tenants.show(tenant)
        return OfferedHandover(
            code,
            handover.opens_until,
            withdrawn,
            revoked,
            tuple((each, uses.get(each.id)) for each in stored.tokens if each.is_live(now)),
            tuple((each, uses.get(each.id)) for each in stored.clients if each.is_live(now)),
        )

    def status(self, code: str) -> HandoverStatus | None:
        """Return the status behind a code, None for an unknown or expired code.

        Raises TenantClosed for a code of a closed tenant, as all others here do.
        """
        match = self._find(code)
        if match is None:
            return None
        tenant, handover = match
        try:
            stored = self._tenants.show(tenant)
        except TenantError:
            return None
        _refuse_closed(stored)
        made = _made(stored, handover.token) if handover.shown else None
        return HandoverStatus(
            tenant,
            handover.opens_until,
            handover.shown,
            handover.told_until,
            stored.state == ACTIVE,
            made is not None and made.is_live(self._tenants.clock()),
            TokenUsage(self._table, tenant).read(handover.token) if handover.shown else None,
            handover.way if handover.shown else "",
            made if isinstance(made, OAuthClient) else None,
        )

    def reveal(self, code: str) -> IssuedToken | None:
        """Issue the token of a hand-over and return it; this works once.

        Returns None for an unknown or expired code, and where something was shown. Raises
        Unavailable when another claim is in progress or the token cannot be issued now; it may be
        tried again. Raises TenantError for a disabled or deleted tenant; the link stays valid.
        """
        identifier = new_token_id()

        def issue(tenant: str, days: int) -> IssuedToken:
            return TenantTokens(self._tenants, tenant).issue(_LABEL, days, identifier=identifier)

        return self._once(code, "token", identifier, issue)

    def create_client(self, code: str) -> IssuedSecret | None:
        """Create a client with a secret, as `reveal` issues a token."""
        identifier = new_client_id()

        def create(tenant: str, days: int) -> IssuedSecret:
            clients = TenantClients(self._tenants, tenant)
            return clients.create(_LABEL, _secret_days(days), identifier=identifier)

        return self._once(code, "client_secret", identifier, create)

    def create_trusted(self, code: str, trust: Trust) -> OAuthClient | None:
        """Create a client that signs in by a trust, as `reveal` issues a token."""
        identifier = new_client_id()

        def create(tenant: str, _: int) -> OAuthClient:
            clients = TenantClients(self._tenants, tenant)
            return clients.create_trusted(_LABEL, trust, identifier=identifier)

        return self._once(code, "federation", identifier, create)

    def _once(
        self, code: str, way: Way, identifier: str, make: Callable[[str, int], _Made]
    ) -> _Made | None:
        """Claim a hand-over, make what has the identifier, and mark the hand-over as shown."""
        match = self._find(code)
        if match is None or match[1].shown:
            return None
        tenant, handover = match
        stored = self._tenants.show(tenant)
        _refuse_closed(stored)
        if stored.state != ACTIVE:
            raise TenantError(f"{tenant} is disabled")
        items, now = HandoverItems(self._table, tenant), self._tenants.clock()
        try:
            claimed = items.claim(
                handover.digest, way, identifier, instant(now), instant(now - _CLAIM)
            )
        except Unavailable:  # it may be claimed, by an attempt whose answer was lost
            with suppress(Unavailable):
                items.release(handover.digest, identifier)
            raise
        if not claimed:
            raise Unavailable("the token is being made already, look again in a minute")
        try:
            # What an interrupted claim made is deleted: nobody has seen it.
            self._revoke(tenant, handover.token)
            made = make(tenant, handover.days)
        except (TenantError, Unavailable):
            with suppress(Unavailable):
                items.release(handover.digest, identifier)
            raise
        now = self._tenants.clock()
        shown = replace(
            handover,
            token=identifier,
            shown=instant(now),
            told_until=instant(now + timedelta(days=STATUS_DAYS)),
            # As long as what was made lives: a later hand-over revokes it if it was never used.
            expires=_unix(now + _lifetime(way, handover.days)),
        )
        if not items.mark_shown(shown):
            self._revoke(tenant, identifier)
            return None
        return made

    def _find(self, code: str) -> tuple[str, Handover] | None:
        """Return tenant and hand-over of a code; a malformed code is refused without a request."""
        tenant = code.partition(".")[0]
        if not TENANT_NAME.fullmatch(tenant) or not token_format.is_well_formed(code, f"{tenant}."):
            return None
        handover = HandoverItems(self._table, tenant).read(token_format.digest(code))
        if handover is None:
            return None
        until = handover.told_until or handover.opens_until
        return (tenant, handover) if until > instant(self._tenants.clock()) else None

    def _end_unused(self, tenant: str) -> tuple[int, tuple[Token | OAuthClient, ...]]:
        """End the hand-overs whose token or client was never used."""
        items, usage = HandoverItems(self._table, tenant), TokenUsage(self._table, tenant)
        withdrawn, revoked = 0, list[Token | OAuthClient]()
        for handover in list(items.all()):
            if handover.shown and usage.read(handover.token) is not None:
                continue
            items.delete(handover.digest)
            withdrawn += not handover.shown
            revoked += self._revoke(tenant, handover.token)
        return withdrawn, tuple(revoked)

    def _revoke(self, tenant: str, identifier: str) -> tuple[Token | OAuthClient, ...]:
        with suppress(TenantError):  # it was never made, or is gone already
            if CLIENT_ID.fullmatch(identifier):
                return (TenantClients(self._tenants, tenant).revoke(identifier),)
            if identifier:
                return (TenantTokens(self._tenants, tenant).revoke(identifier),)
        return ()


def _refuse_closed(tenant: Tenant) -> None:
    if tenant.closure is not None:
        raise tenant.closure.refusal


def _made(tenant: Tenant, identifier: str) -> Token | OAuthClient | None:
    return tenant.token(identifier) or tenant.client(identifier)


def _lifetime(way: Way, days: int) -> timedelta:
    if way == "federation":
        return _TRUSTED
    return timedelta(days=_secret_days(days) if way == "client_secret" else days)


def _secret_days(days: int) -> int:
    """Return how long a client secret is valid where a token would be for some days."""
    return min(max(days, MIN_DAYS), MAX_DAYS)


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
