"""Reserves a group for a writer that met several conflicts.

A write that depends on all members has to change the version that it read, and a group that others
change all the time always has a newer one. A reservation is a pending change without members: other
writers wait until it ends, and end it when that takes long. It only decides who writes first; the
conditions on the version keep the data correct.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.storage.transactions import ConditionFailed

ATTEMPTS = 3
"""How many attempts a write makes without a reservation."""


@dataclass
class Reservation:
    """The reservation of a group by one write; `name` is empty while there is none."""

    context: Context
    group: str
    name: str = ""
    attempts: int = 0

    def take(self) -> None:
        """Count an attempt, and reserve the group when there were too many."""
        self.attempts += 1
        if self.name or self.attempts <= ATTEMPTS:
            return
        context = self.context
        with suppress(ConditionFailed):
            self.name = context.large_changes.reserve(self.group, context.actor, context.now())

    def has_others(self, record: Record) -> bool:
        """Tell whether the group that was read has a pending change of another writer."""
        if record.pending != self.name:
            self.name = ""  # another writer has ended it
        return record.pending != self.name

    def release(self) -> None:
        """End the reservation."""
        if self.name:
            with suppress(Unavailable):  # the next writer ends it
                self.context.writes.finish_change(self.group, self.name)
                self.context.large_changes.delete_reservation(self.group, self.name)


@contextmanager
def reserving(context: Context, group: str) -> Iterator[Reservation]:
    """Yield a reservation that may be taken, and release it at the end."""
    reservation = Reservation(context, group)
    try:
        yield reservation
    finally:
        reservation.release()
