"""What happened in other places than the table, noted in it so that its stream tells it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from rollcall.storage.keys import Keys
from rollcall.storage.origin import Origin
from rollcall.storage.table import Table

LIFETIME = timedelta(days=2)
"""How long a notice stays: longer than a stream keeps records."""


class Notices:
    """The notices of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def post(self, word: str, about: str, said: Mapping[str, Any], origin: Origin) -> None:
        """Note that something happened, in a word such as `token.rotated`, to what has this id."""
        item = {
            "notice": word,
            "about": about,
            "said": dict(said),
            "origin": origin.item,
            "expires": int((datetime.now(UTC) + LIFETIME).timestamp()),
        }
        self._table.put(self._keys.notice(uuid4().hex), item)
