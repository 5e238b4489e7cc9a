"""What one container knows of how far a tenant has used its rate: the generic cell rate algorithm.

The level is a time, `tat`: until when the admitted requests take at the rate of the tenant. Each
request takes it further, and a request is admitted while it is less than BURST after the present.
All times are in microseconds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock

from rollcall.storage.rate_item import RateLevel

SECOND = 1_000_000

BURST = SECOND
"""How far ahead of its rate a tenant may be: it may send the requests of one second at once."""

QUIET = 5
"""A container that gets at most so many requests a second is quiet: it reports nothing, and looks
every so many requests whether another one is busy."""

MAX_DEBT = 10_000
"""How many operations a tenant may be in debt: ten of the largest bulk requests. It bounds how long
a wrong level in the table refuses the requests of a tenant."""

_JOIN = 2 * SECOND
"""How long a quiet container reports, too, after another one was busy."""

_KEPT = 10 * SECOND
"""How long an admitted request is kept to be reported; _JOIN unless another container is busy."""


@dataclass
class RateBucket:
    """The level of one tenant as one container knows it; `lock` guards the rest.

    `shared` is the level that all share when it was last seen, `tat` the level with what was
    admitted since. Levels are times of the fastest clock among the containers, which is `_ahead` of
    the own one: otherwise what a fast clock has written would be a debt for a slow one.
    """

    tat: int = 0
    shared: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)
    _unreported: deque[tuple[int, int]] = field(default_factory=deque)
    _offered: deque[int] = field(default_factory=lambda: deque(maxlen=QUIET + 1))
    _unseen: int = 0
    _joined_until: int = 0
    _ahead: int = 0
    _latest: int = 0

    def time(self, own: int) -> int:
        """Return the time by the fastest clock. It never goes back, as a clock that is set does."""
        self._ahead = max(self._ahead, self._latest - own)
        self._latest = own + self._ahead
        return self._latest

    def offer(self, requests: int, now: int) -> None:
        """Note that requests arrived, whether they are admitted or not."""
        self._offered.extend([now] * min(requests, QUIET + 1))

    def wait(self, now: int) -> int:
        """Return how long a request has to wait, 0 for one that is admitted."""
        return max(0, self.tat - now - BURST + 1)

    def admit(self, requests: int, now: int, rate: int) -> None:
        """Count admitted requests."""
        self.tat = max(self.tat, now) + requests * SECOND // rate
        self._unseen += requests
        self._unreported.append((now, requests))

    def is_busy(self, now: int) -> bool:
        """Tell whether the container gets more than QUIET requests a second."""
        return len(self._offered) > QUIET and now - self._offered[0] < SECOND

    def is_report_due(self, now: int, rate: int) -> bool:
        """Tell whether to report: a batch is a tenth of the rate, or what a second brings."""
        if not self._reports(now):
            return False
        self._forget(now - _KEPT)
        if not self._unreported:
            return False
        return self._sum() >= rate // 10 or now - self._unreported[0][0] >= SECOND

    def is_look_due(self, now: int) -> bool:
        """Tell whether a quiet container has to look if another one is busy."""
        return self._unseen >= QUIET and not self._reports(now)

    def take(self) -> int:
        """Return how many requests are unreported; they count as reported from now on."""
        taken = self._sum()
        self._unreported.clear()
        return taken

    def put_back(self, requests: int, now: int) -> None:
        """Note that requests which were taken are unreported after all."""
        if requests:
            self._unreported.append((now, requests))

    def share(self, level: RateLevel, rate: int) -> None:
        """Note the shared level: what was taken is in it, what is unreported comes on top."""
        self._ahead += max(0, level.written - self._latest)
        now = self._latest = max(self._latest, level.written)
        self._unseen = 0
        if now - level.busy < _JOIN:
            self._joined_until = now + _JOIN
        else:
            self._forget(now - SECOND)
        self.shared = level.tat
        self.tat = max(level.tat, now) + self._sum() * SECOND // rate

    def clear(self) -> None:
        """Forget the level, where the shared one cannot be known."""
        self.tat = self.shared = self._unseen = 0
        self._unreported.clear()

    def _reports(self, now: int) -> bool:
        """Tell whether it reports: it is busy, or another container was a moment ago."""
        return self.is_busy(now) or now < self._joined_until

    def _forget(self, until: int) -> None:
        while self._unreported and self._unreported[0][0] <= until:
            self._unreported.popleft()

    def _sum(self) -> int:
        return sum(requests for _, requests in self._unreported)


def highest_level(now: int, rate: int) -> int:
    """Return the highest level that a tenant can have."""
    return now + BURST + MAX_DEBT * SECOND // rate
