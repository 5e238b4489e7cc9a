"""The limit on the requests of each tenant, shared by all containers of a deployment.

It fails open: where the level of a tenant cannot be written or read in time, its requests are
admitted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from rollcall.aws import deadline
from rollcall.aws.aws_errors import ClientError
from rollcall.scim.errors import TooManyRequests, Unavailable
from rollcall.scim.instant import instant
from rollcall.storage.provisioning_log import LogEntry, ProvisioningLog
from rollcall.storage.rate_item import QUESTIONS, REQUESTS, LevelTooHigh, RateItem, RateLevel
from rollcall.storage.table import Table
from rollcall.storage.transactions import ConditionFailed
from rollcall.tenants.authentication import Caller
from rollcall.tenants.rate_bucket import SECOND, RateBucket, highest_level

CALL_SECONDS = 0.3
"""How long a request waits at most for the level of its tenant."""

PAUSE = 5 * SECOND
"""How long requests are not counted after the level could not be written or read."""

_MAX_TENANTS = 4096

COUNTED = {REQUESTS: "requests", QUESTIONS: "questions about access"}
"""What a limiter counts, in words."""


@dataclass
class _TenantState:
    """What a container knows of one tenant: `refused` is the minute of the last refusal."""

    bucket: RateBucket = field(default_factory=RateBucket)
    paused_until: int = 0
    failing: bool = False
    refused: str = ""


class RateLimiter:
    """Counts the requests of tenants in one container; with a rate of 0 it counts none.

    `rate` is what a tenant may send in a second; that `of` requests is for tenants without a rate
    of their own. `log` returns the log of a tenant, and `warn` is called with the name of a tenant
    that cannot be counted.
    """

    def __init__(
        self,
        table: Table,
        rate: int,
        log: Callable[[str], ProvisioningLog],
        warn: Callable[[str], None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        of: str = REQUESTS,
    ) -> None:
        self._table = table
        self._rate = rate
        self._of = of
        self._log = log
        self._warn = warn
        self._clock = clock
        self._states: OrderedDict[str, _TenantState] = OrderedDict()
        self._lock = Lock()

    def admit(self, caller: Caller) -> None:
        """Count a request. Raises TooManyRequests when the tenant is beyond its rate."""
        if not self._rate:
            return
        state, rate = self._state(caller.tenant), self._rate_of(caller)
        with state.bucket.lock:
            now = self._now(state)
            state.bucket.offer(1, now)
            wait = state.bucket.wait(now)
        if wait:
            self._log_refusal(caller, state, rate)
            raise self._refusal(wait, rate)
        self._count(caller, state, 1)

    def charge(self, caller: Caller, operations: int) -> None:
        """Count further operations of an admitted request, which may put the tenant in debt."""
        if not self._rate or not operations:
            return
        state = self._state(caller.tenant)
        with state.bucket.lock:
            state.bucket.offer(operations, self._now(state))
        self._count(caller, state, operations)

    def reserve(self, caller: Caller, operations: int) -> None:
        """Count the further operations of a bulk request, before the first of them.

        Raises TooManyRequests where they would put the tenant in debt for more than MAX_DEBT:
        containers that did not know of each other have admitted too many bulk requests at once.
        """
        if not self._rate or not operations:
            return
        state, rate = self._state(caller.tenant), self._rate_of(caller)
        with state.bucket.lock:
            state.bucket.offer(operations, self._now(state))
        try:
            self._count(caller, state, operations, refusable=operations)
        except LevelTooHigh as refused:
            self._share(RateItem(self._table, caller.tenant, self._of), state, refused.level, rate)
            with state.bucket.lock:
                wait = state.bucket.wait(self._now(state))
            raise self._refusal(wait, rate) from None

    def _count(
        self, caller: Caller, state: _TenantState, requests: int, refusable: int = 0
    ) -> None:
        """Count requests; raise LevelTooHigh where so many of them are refused instead."""
        bucket, rate = state.bucket, self._rate_of(caller)
        with bucket.lock:
            now = self._now(state)
            if now < state.paused_until:
                return
            bucket.admit(requests, now, rate)
            look, report = bucket.is_look_due(now), bucket.is_report_due(now, rate)
        if not (look or report):
            return
        item = RateItem(self._table, caller.tenant, self._of)
        try:
            with deadline.within(CALL_SECONDS):
                if look:
                    report = self._look(item, state, rate)
                if report:
                    self._report(item, state, rate, refusable)
        except (Unavailable, ClientError):
            self._pause(caller.tenant, state)

    def _look(self, item: RateItem, state: _TenantState, rate: int) -> bool:
        """Read the level, and tell whether to report because another container is busy."""
        self._share(item, state, item.read(), rate)
        with state.bucket.lock:
            return state.bucket.is_report_due(self._now(state), rate)

    def _report(self, item: RateItem, state: _TenantState, rate: int, refusable: int = 0) -> None:
        bucket = state.bucket
        with bucket.lock:
            now = self._now(state)
            busy, expected = bucket.is_busy(now), bucket.shared
            requests = bucket.take()
        highest = highest_level(now, rate) if refusable else None
        try:
            level = item.add(requests * SECOND // rate, now, expected, busy=busy, highest=highest)
        except LevelTooHigh:
            with bucket.lock:
                bucket.put_back(requests - refusable, now)
            raise
        self._share(item, state, level, rate)
        state.failing = False

    def _share(self, item: RateItem, state: _TenantState, level: RateLevel, rate: int) -> None:
        """Note the level that all share, and lower one that no tenant can have."""
        bucket = state.bucket
        with bucket.lock:
            bucket.share(level, rate)
            highest = highest_level(self._now(state), rate)
            exceeded = bucket.tat > highest
            bucket.tat = min(bucket.tat, highest)
        if exceeded:
            with suppress(ConditionFailed):
                item.lower(highest)

    def _pause(self, tenant: str, state: _TenantState) -> None:
        with state.bucket.lock:
            state.bucket.clear()
            state.paused_until = self._now(state) + PAUSE
            was_failing, state.failing = state.failing, True
        if not was_failing:
            self._warn(tenant)

    def _log_refusal(self, caller: Caller, state: _TenantState, rate: int) -> None:
        """Write the one entry of this minute, unless another container has written it."""
        minute = instant(self._clock().replace(second=0, microsecond=0))
        if state.refused == minute:
            return
        state.refused = minute
        entry = LogEntry(
            time=minute,
            request=self._of.lower(),
            actor=f"token:{caller.token_id}",
            method=self._of.lower(),
            status=429,
            detail=f"{COUNTED[self._of]} beyond {rate} a second were refused in this minute",
            target=f"Tenant/{caller.tenant}",
        )
        with deadline.within(CALL_SECONDS):
            self._log(caller.tenant).write_once(entry)

    def _state(self, tenant: str) -> _TenantState:
        with self._lock:
            state = self._states.setdefault(tenant, _TenantState())
            self._states.move_to_end(tenant)
            if len(self._states) > _MAX_TENANTS:
                self._states.popitem(last=False)
            return state

    def _now(self, state: _TenantState) -> int:
        return state.bucket.time(int(self._clock().timestamp() * SECOND))

    def _rate_of(self, caller: Caller) -> int:
        return (caller.rate if self._of == REQUESTS else 0) or self._rate

    def _refusal(self, wait: int, rate: int) -> TooManyRequests:
        return TooManyRequests(
            f"more than {rate} {COUNTED[self._of]} a second, try again later",
            limit=self._of.lower(),
            retry_after=-(-wait // SECOND),
        )
