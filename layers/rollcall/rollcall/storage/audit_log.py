"""What an operator does in one run of a command, as the tenant's provisioning log tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from rollcall.model.actor import Actor
from rollcall.scim.instant import instant
from rollcall.storage.provisioning_log import LogEntry, ProvisioningLog
from rollcall.storage.transactions import Action

_NOBODY = Actor()


class AuditLog:
    """The acts of one origin; without a log nothing is told.

    A target is a type and an id, `User/…`; a detail holds states, levels and ids, nobody's data.
    """

    def __init__(
        self,
        log: ProvisioningLog | None = None,
        origin: Actor = _NOBODY,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.origin = origin
        self._log = log
        self._clock = clock
        self._numbers = count()

    def told(self, verb: str, target: str, detail: str) -> list[Action]:
        """Return the actions that tell of a write, for its own transaction."""
        return [] if self._log is None else [self._log.action(self._entry(verb, target, detail))]

    def tell(self, verb: str, target: str, detail: str) -> None:
        """Tell of what was done elsewhere than in the table; what fails here fails nothing."""
        if self._log is not None:
            self._log.write(self._entry(verb, target, detail))

    def _entry(self, verb: str, target: str, detail: str) -> LogEntry:
        return LogEntry(
            time=instant(self._clock()),
            request=self.origin.request,
            number=next(self._numbers),
            actor=self.origin.actor,
            method=verb,
            status=200,
            target=target,
            detail=detail,
        )
