"""Hand-over of a token: a one-time link, and a token that is issued when its button is pressed.

The operator chooses until when the link opens. After the token was shown, the link shows the status
of the connection for STATUS_DAYS, and never the token again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.storage.handover_items import Handover, HandoverItems
from rollcall.storage.table import Table
from rollcall.storage.token_usage import TokenUsage, TokenUse
from rollcall.tenants import token_format
from rollcall.tenants.tenant_tokens import IssuedToken, TenantTokens, check_label_and_days
from rollcall.tenants.tenants import (
    ACTIVE,
    TENANT_NAME,
    TOKEN_DAYS,
    TenantError,
    Tenants,
    Token,
    new_token_id,
)

STATUS_DAYS = 14
MAX_OPEN = timedelta(days=14)

_CLAIM = timedelta(seconds=60)
"""How long a claim is exclusive: longer than a function runs."""


@dataclass(frozen=True)
class OfferedHandover:
    """A new hand-over: its code, until when it opens, and what it replaces.

    `withdrawn` counts deleted links that were never opened; `revoked` tokens were shown and never
    used. `live_tokens` go on working; they come with their use.
    """

    code: str = field(repr=False)
    opens_until: str
    withdrawn: int
    revoked: tuple[Token, ...]
    live_tokens: tuple[tuple[Token, TokenUse | None], ...]


@dataclass(frozen=True)
class HandoverStatus:
    """What a link shows. Instants are RFC 3339 in UTC, empty for what has not happened.

    `token_is_live` is about the token that was shown, `use` is its use.
    """

    tenant: str
    opens_until: str
    shown: str
    status_until: str
    tenant_is_active: bool
    token_is_live: bool
    use: TokenUse | None


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
        check_label_and_days("hand-over", days)
        if self._tenants.show(tenant).state != ACTIVE:
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
        live_tokens = tuple(
            (token, uses.get(token.id))
            for token in self._tenants.show(tenant).tokens
            if token.is_live(now)
        )
        return OfferedHandover(code, handover.opens_until, withdrawn, revoked, live_tokens)

    def status(self, code: str) -> HandoverStatus | None:
        """Return the status behind a code, None for an unknown or expired code."""
        match = self._find(code)
        if match is None:
            return None
        tenant, handover = match
        try:
            stored = self._tenants.show(tenant)
        except TenantError:
            return None
        token = stored.token(handover.token) if handover.shown else None
        return HandoverStatus(
            tenant,
            handover.opens_until,
            handover.shown,
            handover.told_until,
            stored.state == ACTIVE,
            token is not None and token.is_live(self._tenants.clock()),
            TokenUsage(self._table, tenant).read(handover.token) if handover.shown else None,
        )

    def reveal(self, code: str) -> IssuedToken | None:
        """Issue the token of a hand-over and return it; this works once.

        Returns None for an unknown or expired code, and where the token was shown. Raises
        Unavailable when another claim is in progress or the token cannot be issued now; it may be
        tried again. Raises TenantError for a disabled or deleted tenant; the link stays valid.
        """
        match = self._find(code)
        if match is None or match[1].shown:
            return None
        tenant, handover = match
        if self._tenants.show(tenant).state != ACTIVE:
            raise TenantError(f"{tenant} is disabled")
        items, token = HandoverItems(self._table, tenant), new_token_id()
        now = self._tenants.clock()
        tokens = TenantTokens(self._tenants, tenant)
        try:
            claimed = items.claim(handover.digest, token, instant(now), instant(now - _CLAIM))
        except Unavailable:  # it may be claimed, by an attempt whose answer was lost
            with suppress(Unavailable):
                items.release(handover.digest, token)
            raise
        if not claimed:
            raise Unavailable("the token is being made already, look again in a minute")
        try:
            # The token of an interrupted claim is replaced: nobody has seen it.
            issued = tokens.issue(
                "hand-over", handover.days, identifier=token, instead_of=handover.token
            )
        except (TenantError, Unavailable):
            with suppress(Unavailable):
                items.release(handover.digest, token)
            raise
        now = self._tenants.clock()
        shown = replace(
            handover,
            token=token,
            shown=instant(now),
            told_until=instant(now + timedelta(days=STATUS_DAYS)),
            # As long as the token lives: a later hand-over revokes it if it was never used.
            expires=_unix(now + timedelta(days=handover.days)),
        )
        if not items.mark_shown(shown):
            tokens.revoke(token)
            return None
        return issued

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

    def _end_unused(self, tenant: str) -> tuple[int, tuple[Token, ...]]:
        """End the hand-overs whose token was never used."""
        items, usage = HandoverItems(self._table, tenant), TokenUsage(self._table, tenant)
        withdrawn, revoked = 0, list[Token]()
        for handover in list(items.all()):
            if handover.shown and usage.read(handover.token) is not None:
                continue
            items.delete(handover.digest)
            withdrawn += not handover.shown
            revoked += self._revoke(tenant, handover.token)
        return withdrawn, tuple(revoked)

    def _revoke(self, tenant: str, token: str) -> Iterator[Token]:
        with suppress(TenantError):  # it was never made, or is gone already
            yield TenantTokens(self._tenants, tenant).revoke(token)


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
