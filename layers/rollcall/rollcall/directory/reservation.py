"""The members of a group, reserved for a moment for a writer that lost to others several times.

A write that depends on all members is a change of the version that it read, and in a group that
others change all the time there is always a newer one. A reservation is an unfinished change of
nobody: whoever else is about to change members waits for its end, and ends it when that takes long.
Only the order of writers depends on it: conditions on the version keep what is written right.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.storage.transactions import ConditionFailed

TRIES = 3
"""How often a write is tried without a reservation."""


@dataclass
class Reservation:
    """The reservation of a group by one write; `name` is empty while there is none."""

    context: Context
    group: str
    name: str = ""
    tries: int = 0

    def take(self) -> None:
        """Count a try, and reserve the members when there were enough of them without."""
        self.tries += 1
        if self.name or self.tries <= TRIES:
            return
        context = self.context
        with suppress(ConditionFailed):
            self.name = context.large_changes.reserve(self.group, context.actor, context.now())

    def has_others(self, record: Record) -> bool:
        """Tell whether the group as it was read has an unfinished change that is another's."""
        if record.pending != self.name:
            self.name = ""  # others have ended it
        return record.pending != self.name

    def release(self) -> None:
        """Let others change the members again."""
        if self.name:
            with suppress(Unavailable):  # whoever meets it ends it
                self.context.writes.finish_change(self.group, self.name)
                self.context.large_changes.delete_reservation(self.group, self.name)


@contextmanager
def reserving(context: Context, group: str) -> Iterator[Reservation]:
    """Yield a reservation that is to be taken, and release it in the end."""
    reservation = Reservation(context, group)
    try:
        yield reservation
    finally:
        reservation.release()
