"""How far a tenant has used a rate: one item that the containers of a deployment share.

`tat` is the theoretical arrival time of the generic cell rate algorithm: until when all admitted
requests take at the rate of the tenant. Times are in microseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.scim.errors import Unavailable
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed

REQUESTS, QUESTIONS = "RATE", "ACCESS"
"""What a tenant has a rate of: requests of SCIM, and questions about access."""

LIFETIME = 86_400
"""The seconds after which an item that nobody writes any more expires."""

_ATTEMPTS = 3
_SECOND = 1_000_000


@dataclass(frozen=True)
class RateLevel:
    """The level of a tenant, when it was written, and when a busy container last wrote it."""

    tat: int = 0
    written: int = 0
    busy: int = 0


class LevelTooHigh(Exception):  # noqa: N818
    """The level would have become too high, and stays as it is."""

    def __init__(self, level: RateLevel) -> None:
        self.level = level
        super().__init__()


class RateItem:
    """The level of one tenant, of its requests or of its questions about access."""

    def __init__(self, table: Table, tenant: str, of: str = REQUESTS) -> None:
        self._table = table
        self._key = Keys(tenant).rate(of)

    def read(self) -> RateLevel:
        """Return the level, zero where it was never written."""
        return _level(self._table.get(self._key) or {})

    def add(
        self, time: int, now: int, expected: int, *, busy: bool, highest: int | None = None
    ) -> RateLevel:
        """Add the time that requests take; return the new level, with the times of the old one.

        `expected` is the level that the caller knows, which tells how to ask first: requests after
        a pause begin at `now`. `busy` tells whether the container is. Raises Unavailable, and
        LevelTooHigh where the level would be above `highest`, which after a pause it never is.
        """
        paused = expected < now
        for _ in range(_ATTEMPTS):
            action = self._action(time, now, paused=paused, busy=busy, highest=highest)
            try:
                before = _level(self._table.update(action))
            except ConditionFailed:
                paused = not paused
                if highest is None:
                    continue
                level = self.read()
                paused = level.tat < now
                if not paused and level.tat + time > highest:
                    raise LevelTooHigh(level) from None
            else:
                return replace(before, tat=(now if paused else before.tat) + time)
        raise Unavailable("the rate of the tenant cannot be counted")

    def lower(self, tat: int) -> None:
        """Lower a level that is above `tat`."""
        self._table.update(
            Action(
                "Update",
                self._key,
                update="SET tat = :tat",
                condition="tat > :tat",
                values={":tat": tat},
            )
        )

    def _action(
        self, time: int, now: int, *, paused: bool, busy: bool, highest: int | None
    ) -> Action:
        begin = ":now" if paused else "tat"
        values = {":time": time, ":now": now, ":expires": now // _SECOND + LIFETIME}
        condition = "attribute_not_exists(tat) OR tat < :now" if paused else "tat >= :now"
        if highest is not None and not paused:
            condition = "tat BETWEEN :now AND :most"
            values[":most"] = highest - time
        sets = [f"tat = {begin} + :time", "written = :now", "expires = :expires"]
        return Action(
            "Update",
            self._key,
            update="SET " + ", ".join([*sets, "busy = :now"] if busy else sets),
            condition=condition,
            values=values,
        )


def _level(item: Item) -> RateLevel:
    return RateLevel(*(_whole(item.get(name)) for name in ("tat", "written", "busy")))


def _whole(value: Any) -> int:
    return int(value) if isinstance(value, Decimal) else 0
