"""Assertions that signed in, where a trust accepts each of them once."""

from __future__ import annotations

from rollcall.storage import deployment_keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed


class UsedAssertions:
    """The used assertions of a deployment; each is deleted when it has expired."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def note(self, digest: str, until: int) -> bool:
        """Note the use of an assertion until a Unix time; False when it was used before."""
        action = Action(
            "Put",
            deployment_keys.used_assertion(digest),
            item={"expires": until},
            condition="attribute_not_exists(pk)",
        )
        try:
            self._table.transact([action])
        except ConditionFailed:
            return False
        return True
