"""The keys of the rows of a file, in a temporary database on disk: memory does not grow."""

from __future__ import annotations

import sqlite3

_CACHE_KIB = 4_096


class SeenKeys:
    """Keys, each with the position at which it was added first."""

    def __init__(self) -> None:
        # With an empty name SQLite makes a temporary file, deleted when it is closed.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, position) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def close(self) -> None:
        """Close and delete the database."""
        self._database.close()

    def add(self, key: str, position: int) -> int:
        """Add a key and return the position at which it was added first."""
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, position))
        rows = self._database.execute("SELECT position FROM seen WHERE key = ?", (key,))
        return int(rows.fetchone()[0])
