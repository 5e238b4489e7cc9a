"""Handing a token over: a one-time link, and a token that is made when its button is pressed.

The link opens until a moment of the operator's choice. Once the token was shown it tells for
STATUS_DAYS more how the connection is doing, and never the token again.
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
"""How long the press of the button has the hand-over for itself: longer than a function lives."""


@dataclass(frozen=True)
class OfferedHandover:
    """A new hand-over: its code, until when it opens, and what it took the place of.

    `withdrawn` links were never opened; `revoked` tokens were shown and never used. `kept` are the
    tokens that go on working, with their use: whoever uses one is not to be cut off by a link.
    """

    code: str = field(repr=False)
    opens_until: str
    withdrawn: int
    revoked: tuple[Token, ...]
    live_tokens: tuple[tuple[Token, TokenUse | None], ...]


@dataclass(frozen=True)
class HandoverStatus:
    """What a link tells; instants are RFC 3339 in UTC, empty for what has not happened.

    `is_open` tells whether the tenant takes requests, `is_live` whether the token that was shown
    still works; `use` is that token's.
    """

    tenant: str
    opens_until: str
    shown: str
    status_until: str
    tenant_is_active: bool
    token_is_live: bool
    use: TokenUse | None


class HandoverService:
    """Where tokens are handed over, for all tenants."""

    def __init__(self, table: Table, tenants: Tenants) -> None:
        self._table = table
        self._tenants = tenants

    def offer(self, tenant: str, opens: timedelta, days: int = TOKEN_DAYS) -> OfferedHandover:
        """Make a link that opens for a while; earlier ones that are not in use are ended.

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
        made = Handover(
            token_format.digest(code), instant(now), instant(until), days, expires=_unix(until)
        )
        HandoverItems(self._table, tenant).create(made)
        uses = TokenUsage(self._table, tenant).read_all()
        kept = tuple(
            (each, uses.get(each.id))
            for each in self._tenants.show(tenant).tokens
            if each.is_live(now)
        )
        return OfferedHandover(code, made.opens_until, withdrawn, revoked, kept)

    def status(self, code: str) -> HandoverStatus | None:
        """Return what the link of a code tells, None for a code that is not known or expired."""
        found = self._find(code)
        if found is None:
            return None
        tenant, handover = found
        try:
            shown = self._tenants.show(tenant)
        except TenantError:
            return None
        token = shown.token(handover.token) if handover.shown else None
        return HandoverStatus(
            tenant,
            handover.opens_until,
            handover.shown,
            handover.told_until,
            shown.state == ACTIVE,
            token is not None and token.is_live(self._tenants.clock()),
            TokenUsage(self._table, tenant).read(handover.token) if handover.shown else None,
        )

    def reveal(self, code: str) -> IssuedToken | None:
        """Make the token of a hand-over and return it, this once.

        None for a code that is not known or expired, or whose token was shown. Raises Unavailable
        when somebody else is at it or the token cannot be made now; then it may be tried again.
        Raises TenantError for a tenant that is disabled, or gone: such a link is not burned.
        """
        found = self._find(code)
        if found is None or found[1].shown:
            return None
        tenant, handover = found
        if self._tenants.show(tenant).state != ACTIVE:
            raise TenantError(f"{tenant} is disabled")
        store, token = HandoverItems(self._table, tenant), new_token_id()
        now = self._tenants.clock()
        keyring = TenantTokens(self._tenants, tenant)
        try:
            claimed = store.claim(handover.digest, token, instant(now), instant(now - _CLAIM))
        except Unavailable:  # it may be claimed, by a try whose answer was lost
            with suppress(Unavailable):
                store.release(handover.digest, token)
            raise
        if not claimed:
            raise Unavailable("the token is being made already, look again in a minute")
        try:
            # What a press left that broke off in the middle is replaced: nobody has seen it.
            issued = keyring.issue(
                "hand-over", handover.days, identifier=token, instead_of=handover.token
            )
        except (TenantError, Unavailable):
            with suppress(Unavailable):
                store.release(handover.digest, token)
            raise
        now = self._tenants.clock()
        shown = replace(
            handover,
            token=token,
            shown=instant(now),
            told_until=instant(now + timedelta(days=STATUS_DAYS)),
            # As long as the token lives, so that a later hand-over finds what was never used.
            expires=_unix(now + timedelta(days=handover.days)),
        )
        if not store.mark_shown(shown):
            keyring.revoke(token)
            return None
        return issued

    def _find(self, code: str) -> tuple[str, Handover] | None:
        """Return tenant and hand-over of a code; for what cannot be a code without any call."""
        tenant = code.partition(".")[0]
        if not TENANT_NAME.fullmatch(tenant) or not token_format.is_well_formed(code, f"{tenant}."):
            return None
        handover = HandoverItems(self._table, tenant).read(token_format.digest(code))
        if handover is None:
            return None
        until = handover.told_until or handover.opens_until
        return (tenant, handover) if until > instant(self._tenants.clock()) else None

    def _end_unused(self, tenant: str) -> tuple[int, tuple[Token, ...]]:
        """End the hand-overs whose token nobody uses."""
        store, usage = HandoverItems(self._table, tenant), TokenUsage(self._table, tenant)
        withdrawn, revoked = 0, list[Token]()
        for each in list(store.all()):
            if each.shown and usage.read(each.token) is not None:
                continue
            store.delete(each.digest)
            withdrawn += not each.shown
            revoked += self._revoked(tenant, each.token)
        return withdrawn, tuple(revoked)

    def _revoked(self, tenant: str, token: str) -> Iterator[Token]:
        with suppress(TenantError):  # it was never made, or is gone already
            yield TenantTokens(self._tenants, tenant).revoke(token)


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
