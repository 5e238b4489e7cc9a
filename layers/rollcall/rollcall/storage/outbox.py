"""Notices of events that no other item shows; the table's stream publishes them."""

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
"""How long a notice is kept: longer than a stream keeps records."""


class Outbox:
    """The notices of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def write(
        self,
        event_type: str,
        about: str,
        details: Mapping[str, Any],
        actor: Actor,
        notice: str = "",
    ) -> None:
        """Write a notice of an event type such as `token.rotated` about an id.

        `notice` is the id of a notice that may be written again and is one event.
        """
        action = self.action(event_type, about, details, actor)
        key = self._keys.notice(notice) if notice else action.key
        self._table.put(key, action.item)

    def action(
        self, event_type: str, about: str, details: Mapping[str, Any], actor: Actor
    ) -> Action:
        """Return the action that writes a notice, for the transaction of the change."""
        item = {
            "notice": event_type,
            "about": about,
            "said": dict(details),
            "origin": actor.item,
            "expires": int((datetime.now(UTC) + LIFETIME).timestamp()),
        }
        return Action("Put", self._keys.notice(uuid4().hex), item=item)
