"""The stop of a tenant's purges: too many deletions wait, and a person has to decide about them."""

from __future__ import annotations

from rollcall.storage.keys import Keys
from rollcall.storage.table import Table


class PurgeStop:
    """The stop of one tenant's purges, if there is one."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._key = Keys(tenant).purge_stop()

    def since(self) -> str:
        """Return since when purging is stopped, empty when it is not.

        It is about the accounts that were deleted before.
        """
        item = self._table.get(self._key)
        return "" if item is None else str(item["since"])

    def set(self, now: str) -> None:
        """Stop purging."""
        self._table.put(self._key, {"since": now})

    def clear(self) -> None:
        """Let purging go on."""
        self._table.delete([self._key])
