"""Which schedules have not run for too long: each run notes by when the next one has to be done."""

from __future__ import annotations

from datetime import datetime

from rollcall.scim.instant import instant
from rollcall.storage import deployment_keys
from rollcall.storage.table import Table


class Schedules:
    """The schedules of a deployment that have run at least once."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def completed(self, name: str, due: datetime) -> None:
        """Note that a schedule has run, and by when it has to run again."""
        self._table.put(deployment_keys.schedule(name), {"due": instant(due)})

    def overdue(self, now: datetime) -> list[str]:
        """Return the names of the schedules that should have run again by now."""
        noted = self._table.query(deployment_keys.SCHEDULES)
        return [each["sk"] for each in noted if each["due"] < instant(now)]
