"""One run of a move: only one process at a time works on it, at a pace."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar
from uuid import uuid4

from rollcall.aws import deadline
from rollcall.runtime.services import Services
from rollcall.scim.errors import Unavailable
from rollcall.tenants.tenants import TenantError

HELD = timedelta(seconds=60)
"""For how long the right to work is taken: so long a process that was killed keeps others out."""

RENEWED = timedelta(seconds=15)
STEP_SECONDS = 40.0
"""After how long the right is taken again, and how long a step lasts at most: both together are
less than HELD, so what a process begins to write while it has the right is written before another
one gets it."""

_Result = TypeVar("_Result")


class MoveRun:
    """The right to work on the move of one tenant, a lease in the table of the target."""

    def __init__(
        self, target: Services, tenant: str, *, sleep: Callable[[float], None], pace: int = 0
    ) -> None:
        """`pace` is how many items a second are handled at most, 0 for any number."""
        self._leases = target.leases()
        self._clock = target.tenants.clock
        self._tenant = tenant
        self._lease, self._holder = f"MOVE#{tenant}", uuid4().hex
        self._pace, self._sleep = pace, sleep
        self._renewed = self._clock()

    def __enter__(self) -> Self:
        """Take the right. Raises TenantError while another process has it."""
        self._take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Release the right."""
        with suppress(Unavailable):  # it ends by itself
            self._leases.release(self._lease, self._holder)

    def renew(self) -> None:
        """Keep the right. Raises TenantError where another process may have had it meanwhile."""
        passed = self._clock() - self._renewed
        if passed >= HELD:  # a machine that slept
            raise TenantError(f"the move of {self._tenant} stood still for too long, repeat it")
        if passed >= RENEWED:
            self._take()

    def _take(self) -> None:
        now = self._clock()
        if not self._leases.take(self._lease, self._holder, now, now + HELD):
            raise TenantError(
                f"another process is at the move of {self._tenant}, or was a minute ago: try again"
            )
        self._renewed = now

    def steps(self, work: Generator[int, None, _Result]) -> Generator[int, None, _Result]:
        """Do work step by step, at the pace, as long as the right is kept; return its result.

        The work yields after each step how many items it has handled.
        """
        begun = self._clock()
        while True:
            self.renew()
            try:
                with deadline.within(STEP_SECONDS):
                    number = next(work)
            except StopIteration as end:
                result: _Result = end.value
                return result
            yield number
            if self._pace:
                ahead = number / self._pace - (self._clock() - begun).total_seconds()
                if ahead > 0:
                    self._sleep(ahead)
