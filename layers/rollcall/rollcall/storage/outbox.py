"""What happened that no other item says, noted so that the table's stream tells it on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from rollcall.model.actor import Actor
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

LIFETIME = timedelta(days=2)
"""How long a notice stays: longer than a stream keeps records."""


class Outbox:
    """The notices of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def write(self, word: str, about: str, said: Mapping[str, Any], origin: Actor) -> None:
        """Note that something happened, in a word such as `token.rotated`, to what has this id."""
        action = self.action(word, about, said, origin)
        self._table.put(action.key, action.item)

    def action(self, word: str, about: str, said: Mapping[str, Any], origin: Actor) -> Action:
        """Return the action that notes it, for the transaction of what makes it happen."""
        item = {
            "notice": word,
            "about": about,
            "said": dict(said),
            "origin": origin.item,
            "expires": int((datetime.now(UTC) + LIFETIME).timestamp()),
        }
        return Action("Put", self._keys.notice(uuid4().hex), item=item)
