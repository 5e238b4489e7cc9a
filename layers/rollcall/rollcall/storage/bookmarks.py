"""Positions where pages of a listing ended, so that the next page begins there; for an hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from rollcall.scim.errors import Unavailable
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table

LIFETIME = timedelta(hours=1)


class Bookmarks:
    """The bookmarks of one tenant. Without a bookmark a page is counted from the first result."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def write(self, walk: str, start: int, position: str, now: datetime) -> None:
        """Store the position of the result before `start`; a failure to do so is ignored."""
        item = {"position": position, "expires": int((now + LIFETIME).timestamp())}
        try:
            self._table.put(self._key(walk, start), item)
        except Unavailable:
            return

    def read(self, walk: str, start: int, now: datetime) -> str | None:
        """Return the position after which `start` begins, None when it is not known."""
        item = self._table.get(self._key(walk, start))
        if item is None or int(item["expires"]) <= now.timestamp():
            return None
        position: str = item["position"]
        return position

    def _key(self, walk: str, start: int) -> dict[str, str]:
        return self._keys.bookmark(sha256(walk.encode()).hexdigest(), start)
