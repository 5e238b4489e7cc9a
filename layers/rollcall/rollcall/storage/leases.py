"""Leases: which process does work that only one may do at a time, and until when."""

from __future__ import annotations

from datetime import datetime

from rollcall.storage import deployment_keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed


def of_tenant(tenant: str) -> str:
    """Return the name of the lease of an act that replaces all items of a tenant."""
    return f"TENANT#{tenant}"


class Leases:
    """The leases of a deployment. A lease expires, also when its holder was killed."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def is_held(self, name: str, now: datetime) -> bool:
        """Tell whether somebody has a lease: a read, where `take` is a write."""
        held = self._table.get(deployment_keys.lease(name))
        return held is not None and int(held["expires"]) > _unix(now)

    def take(self, name: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take a lease; False when another holder has it. The same holder may take it again."""
        return self._applied(
            Action(
                "Update",
                deployment_keys.lease(name),
                update="SET holder = :holder, expires = :expires",
                condition="attribute_not_exists(pk) OR expires <= :now OR holder = :holder",
                values={":expires": _unix(until), ":now": _unix(now), ":holder": holder},
            )
        )

    def release(self, name: str, holder: str) -> None:
        """Release a lease, unless it expired and another holder has it."""
        self._applied(
            Action(
                "Update",
                deployment_keys.lease(name),
                update="SET expires = :never REMOVE holder",
                condition="holder = :holder",
                values={":never": 0, ":holder": holder},
            )
        )

    def _applied(self, action: Action) -> bool:
        try:
            self._table.update(action)  # half of what a transaction of one costs
        except ConditionFailed:
            return False
        return True


def _unix(moment: datetime) -> int:
    return int(moment.timestamp())
