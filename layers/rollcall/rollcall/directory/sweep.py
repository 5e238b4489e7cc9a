"""Finishes interrupted changes of all tenants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from math import inf

from rollcall.directory.directory import Directory
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.storage import large_change_items, leases
from rollcall.storage.large_change_items import UnfinishedChange
from rollcall.storage.leases import Leases
from rollcall.storage.table import Table

GRACE = timedelta(minutes=1)
"""How long a change is left to the request that began it: longer than a request lasts."""

RESERVE = 15.0
"""The seconds that are kept at the end, longer than a retry lasts."""

LONGEST = 60.0
"""The most seconds for one change, so that the others get their turn."""


@dataclass
class Failures:
    """What failed in a pass over many things, none of which holds up the others."""

    _errors: list[Exception] = field(default_factory=list)

    def tried(self, act: Callable[[], bool], name: str) -> bool:
        """Return what an act returns; False, for the next pass, where it fails."""
        try:
            return act()
        except Unavailable:
            return False
        except Exception as error:  # noqa: BLE001  # one damaged thing must not hold up the others
            error.add_note(name)
            self._errors.append(error)
            return False

    def tell(self, sentence: str) -> None:
        """Raise an ExceptionGroup that names what failed, unless nothing did."""
        if self._errors:
            names = "; ".join(note for each in self._errors for note in each.__notes__)
            raise ExceptionGroup(f"{sentence}: {names}", self._errors)


@dataclass(frozen=True)
class Sweep:
    """One pass over all unfinished changes, oldest first; several may run at once."""

    table: Table
    directory: Callable[[str], Directory]
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def run(
        self,
        seconds_left: Callable[[], float] = lambda: inf,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> Iterator[UnfinishedChange]:
        """Continue each change while time allows, and yield those that are finished.

        `may_begin` is asked once, when there is a change. A tenant that is being moved or restored
        is left alone.
        A failure does not hold up the others: the next sweep tries again, and an ExceptionGroup at
        the end names the tenant and the id of each.
        """
        until = instant(self.clock() - GRACE)
        failures = Failures()
        begun = False
        is_left_alone = cache(self._is_left_alone)
        for change in large_change_items.unfinished_changes(self.table, until):
            if is_left_alone(change.tenant):
                continue
            begun = begun or may_begin()
            if not begun:
                return
            seconds = min(seconds_left() - RESERVE, LONGEST)
            if seconds <= 0:
                break
            finish = partial(self.directory(change.tenant).finish, change, seconds)
            if failures.tried(finish, f"{change.id} of {change.tenant}, begun {change.since}"):
                yield change
        failures.tell("unfinished changes could not be continued")

    def _is_left_alone(self, tenant: str) -> bool:
        return Leases(self.table).is_held(leases.of_tenant(tenant), self.clock())
