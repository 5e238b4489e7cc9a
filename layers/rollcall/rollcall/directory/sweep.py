"""Going on with what was begun in any tenant and nobody met since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf

from rollcall.directory.directory import Directory
from rollcall.scim.errors import Unavailable
from rollcall.scim.instant import instant
from rollcall.storage import large_change_items
from rollcall.storage.large_change_items import UnfinishedChange
from rollcall.storage.table import Table

GRACE = timedelta(minutes=1)
"""How long whoever began something is left alone with it: longer than a request lasts."""

RESERVE = 15.0
"""The seconds that must be left after something was gone on with, longer than a retry lasts."""

LONGEST = 60.0
"""The seconds that one thing may take of a sweep, so that the others get their turn."""


@dataclass(frozen=True)
class Sweep:
    """A look at all that is begun, oldest first; may run beside others and be broken off."""

    table: Table
    directory: Callable[[str], Directory]
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    def run(self, seconds_left: Callable[[], float] = lambda: inf) -> Iterator[UnfinishedChange]:
        """Go on with each as far as time allows, and yield those that are finished by that.

        What fails holds nothing up: it is tried by each sweep, and an ExceptionGroup at the end
        names each by its tenant and id.
        """
        until = instant(self.clock() - GRACE)
        failures: list[Exception] = []
        for each in large_change_items.unfinished_changes(self.table, until):
            seconds = min(seconds_left() - RESERVE, LONGEST)
            if seconds <= 0:
                break
            try:
                finished = self.directory(each.tenant).finish(each, seconds)
            except Unavailable:  # the next sweep meets it again, and others are not to wait
                continue
            except Exception as error:  # noqa: BLE001  # damaged items are to hold up no others
                error.add_note(f"{each.id} of {each.tenant}, begun {each.since}")
                failures.append(error)
                continue
            if finished:
                yield each
        if failures:
            raise ExceptionGroup("what is begun could not be gone on with", failures)
