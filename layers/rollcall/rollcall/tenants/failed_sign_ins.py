"""How often a container answers that a sign-in failed: a bucket for each tenant name, in memory.

It never touches the rate of the tenant: else whoever knows its name could have it refused. It only
concerns sign-ins that failed; one that succeeds is never refused here.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from rollcall.scim.errors import TooManyRequests

FAILURES_PER_SECOND = 5
_SECOND = 1_000_000
_BURST = 5 * _SECOND
"""The failures of so much time may come at once; times are in microseconds."""

_MAX_NAMES = 1024
"""How many names are kept; the one that failed longest ago is forgotten first."""


class FailedSignIns:
    """The failed sign-ins of one container; with a rate of 0 there is no limit."""

    def __init__(
        self,
        rate: int = FAILURES_PER_SECOND,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._levels: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def refusal(self, name: str) -> TooManyRequests | None:
        """Count a failure for a name, and return the refusal if there were too many."""
        if not self._rate:
            return None
        now, time = int(self._clock().timestamp() * _SECOND), _SECOND // self._rate
        with self._lock:
            # A level further away was written before the clock was set back.
            level = min(max(self._levels.get(name, 0), now), now + _BURST)
            wait = level + time - now - _BURST
            self._levels[name] = level if wait > 0 else level + time
            self._levels.move_to_end(name)
            if len(self._levels) > _MAX_NAMES:
                self._levels.popitem(last=False)
        if wait <= 0:
            return None
        return TooManyRequests(
            "too many sign-ins failed, try again later",
            limit="sign-ins",
            retry_after=-(-wait // _SECOND),
        )
