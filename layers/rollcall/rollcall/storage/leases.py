"""Leases: of work that one at a time is to do, who does it, and until when at the latest."""

from __future__ import annotations

from datetime import datetime

from rollcall.storage import keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed


class Leases:
    """The leases of a deployment. They hold as well when their holder is killed: they expire."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take a lease; False when somebody else holds it. `holder` may take it again."""
        action = Action(
            "Put",
            keys.lease(name),
            item={"holder": holder, "expires": _unix(until)},
            condition="attribute_not_exists(pk) OR expires <= :now OR holder = :holder",
            values={":now": _unix(now), ":holder": holder},
        )
        return self._applied(action)

    def release(self, name: str, holder: str) -> None:
        """End a lease, unless it expired and somebody else holds it."""
        condition, values = "holder = :holder", {":holder": holder}
        self._applied(Action("Delete", keys.lease(name), condition=condition, values=values))

    def _applied(self, action: Action) -> bool:
        try:
            self._table.transact([action])
        except ConditionFailed:
            return False
        return True


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
