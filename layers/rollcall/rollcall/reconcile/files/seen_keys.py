"""What was met before in a file of any length: kept on disk, gone when the reading ends."""

from __future__ import annotations

import sqlite3

_CACHE_KIB = 4_096


class SeenKeys:
    """Keys, and where each was met first."""

    def __init__(self) -> None:
        # An empty name is a file that only this connection knows.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, place) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Let go of everything."""
        self._database.close()

    def add(self, key: str, place: int) -> int:
        """Return where a key was met first: here, unless it was met before."""
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, place))
        found = self._database.execute("SELECT place FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])
