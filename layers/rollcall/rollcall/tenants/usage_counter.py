"""Counts the requests of tenants in one container, and writes them to the hour of each tenant.

It writes before a request ends: afterwards the container is frozen, and may end. What it has
counted and not written is lost then.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import inf
from threading import Lock

from rollcall.aws import deadline
from rollcall.aws.aws_errors import ClientError
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.storage.table import Table
from rollcall.storage.usage_items import Refusal, SignInUse, UsageItems, hour_of, outcome
from rollcall.tenants.authentication import Caller
from rollcall.tenants.tenant_cache import MAX_CACHED

WRITE_SECONDS = 60.0
"""After how much time since the last write a request is written, with those before it."""

FEW = 5
SHARE = 10
"""Before that time it is written when FEW requests are not, and one in SHARE of the hour."""

CALL_SECONDS = 0.3
"""How long a request waits at most until it is written."""


@dataclass
class _Counted:
    """What a container has counted of one tenant and not written, and what it wrote last.

    `answered` and `refused` are the last requests of each kind that are not written, `written` the
    requests that were written in `hour`. The times of the last writes are Unix times.
    """

    requests: Counter[str] = field(default_factory=Counter)
    answered: SignInUse | None = None
    refused: Refusal | None = None
    hour: str = ""
    written: int = 0
    answered_written: float = -inf
    refused_written: float = -inf
    ends_refused: bool = False
    failing: bool = False

    def is_due(self, now: float, *, refused: bool) -> bool:
        """Tell whether to write after a request.

        Refusals are written once a minute however many there are: anybody can cause them. The first
        request that is answered after one is written at once: the last of them is what counts.
        """
        last = self.refused_written if refused else self.answered_written
        if not 0 <= now - last < WRITE_SECONDS:  # or the clock was set back
            return True
        if refused or self.failing:
            return False
        unwritten = self.requests.total() - self.requests["refused"]
        return self.ends_refused or unwritten >= max(FEW, self.written // SHARE)

    def take(self, now: datetime) -> tuple[Counter[str], SignInUse | None, Refusal | None]:
        """Return what is to be written; it counts as written from now on."""
        taken = self.requests, self.answered, self.refused
        hour, time = hour_of(now), now.timestamp()
        self.written = (self.written if hour == self.hour else 0) + self.requests.total()
        self.hour = hour
        if self.answered is not None:
            self.answered_written, self.ends_refused = time, False
        if self.refused is not None:
            self.refused_written = time
            self.ends_refused = self.answered is None or self.refused.time > self.answered.time
        self.requests, self.answered, self.refused = Counter(), None, None
        return taken

    def put_back(
        self, requests: Counter[str], answered: SignInUse | None, refused: Refusal | None
    ) -> None:
        """Count as not written again what could not be written."""
        self.requests += requests
        self.answered, self.refused = self.answered or answered, self.refused or refused


class UsageCounter:
    """The requests of one container by tenant; `warn` is called with one that cannot be written."""

    def __init__(
        self,
        table: Table,
        warn: Callable[[str], None] = lambda _: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._table = table
        self._warn = warn
        self._clock = clock
        self._tenants: OrderedDict[str, _Counted] = OrderedDict()
        self._lock = Lock()

    def count(self, tenant: str, status: int, caller: Caller | None = None) -> bool:
        """Count a request of a tenant that exists; tell whether to `write` now.

        `caller` is who signed in, None where that was refused.
        """
        now, name = self._clock(), outcome(status)
        with self._lock:
            counted = self._counted(tenant)
            counted.requests[name] += 1
            refused = caller is None or name == "refused"
            if caller is None or refused:
                counted.refused = Refusal(instant(now), status)
            else:
                counted.answered = SignInUse(instant(now), caller.way, caller.token_id)
            return counted.is_due(now.timestamp(), refused=refused)

    def write(self, tenant: str) -> None:
        """Write what was counted of a tenant. A failure never fails the request."""
        now = self._clock()
        with self._lock:
            counted = self._counted(tenant)
            taken = counted.take(now)
        try:
            with deadline.within(CALL_SECONDS):
                UsageItems(self._table, tenant).add(now, *taken)
        except (Unavailable, ClientError):
            with self._lock:
                counted.put_back(*taken)
                was_failing, counted.failing = counted.failing, True
            if not was_failing:
                self._warn(tenant)
        else:
            counted.failing = False

    def _counted(self, tenant: str) -> _Counted:
        counted = self._tenants.setdefault(tenant, _Counted())
        self._tenants.move_to_end(tenant)
        if len(self._tenants) > MAX_CACHED:
            self._tenants.popitem(last=False)
        return counted
