"""The acts of operators in a tenant's provisioning log."""

from __future__ import annotations

from rollcall.model.actor import Actor
from rollcall.storage.provisioning_log import LogEntry, LogWriter, ProvisioningLog
from rollcall.storage.transactions import Action

_NOBODY = Actor()


class AuditLog:
    """Writes what one operator does in one run of a command; without a log it writes nothing.

    A target is a type and an id, `User/…`; a detail holds states, levels and ids, no personal data.
    """

    def __init__(self, log: ProvisioningLog | None = None, actor: Actor = _NOBODY) -> None:
        self.actor = actor
        self._writer = LogWriter(log, actor)

    def actions(self, verb: str, target: str, detail: str) -> list[Action]:
        """Return the actions that log an act, for the transaction of its write."""
        return self._writer.actions(_entry(verb, target, detail))

    def write(self, verb: str, target: str, detail: str) -> None:
        """Log an act that was done elsewhere than in the table; a failure here fails nothing."""
        self._writer.write(_entry(verb, target, detail))


def _entry(verb: str, target: str, detail: str) -> LogEntry:
    return LogEntry(method=verb, status=200, target=target, detail=detail)
