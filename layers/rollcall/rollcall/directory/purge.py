"""Purges the held accounts of all tenants whose grace is over.

Where more than one in five accounts of a tenant were deleted, purging stops until a person has
decided about each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from math import inf

from rollcall.directory import held_deletion
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.directory.sweep import RESERVE, Failures
from rollcall.model.brake import is_too_many
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage import due_accounts, leases
from rollcall.storage.brake_items import BrakeItems
from rollcall.storage.leases import Leases
from rollcall.storage.table import Table


@dataclass(frozen=True)
class Purge:
    """One pass over the held accounts that are due; several may run at once.

    `note_stop` is called with a tenant whose purge stops, and since when.
    """

    table: Table
    directory: Callable[[str], Directory]
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    note_stop: Callable[[str, str], None] = field(default=lambda _, __: None)

    def run(
        self,
        seconds_left: Callable[[], float] = lambda: inf,
        may_begin: Callable[[], bool] = lambda: True,
    ) -> Iterator[tuple[str, str]]:
        """Purge while time allows, and yield tenant and id of each account that is purged.

        `may_begin` is asked once, when there is something to do. A tenant that is being moved or
        restored is left alone. What fails does not hold up the others: the next pass tries again,
        and an ExceptionGroup at the end names them.
        """
        now = instant(self.clock())
        failures = Failures()
        begun = False
        is_left_alone, begins_stop = cache(self._is_left_alone), cache(self._begins_stop)
        for due in due_accounts.due_accounts(self.table, now):
            if is_left_alone(due.tenant):
                continue
            begun = begun or may_begin()
            if not begun:
                return
            if begins_stop(due.tenant):
                continue
            for identifier in due_accounts.identifiers(self.table, due):
                if seconds_left() < RESERVE:
                    return
                purge = partial(self._purge, due.tenant, identifier)
                if failures.tried(purge, f"{identifier} of {due.tenant}"):
                    yield due.tenant, identifier
        failures.tell("held accounts could not be purged")

    def _purge(self, tenant: str, identifier: str) -> bool:
        context = self._context(tenant)
        held = context.held_accounts.read(identifier)
        # The index is late: by now the account may have been taken back and deleted again.
        is_due = held is not None and held.due <= instant(self.clock())
        return held is not None and is_due and held_deletion.purge(context, held)

    def _context(self, tenant: str) -> Context:
        return self.directory(tenant).context

    def _is_left_alone(self, tenant: str) -> bool:
        """Tell whether a tenant is being moved or restored, or its purges are stopped."""
        if Leases(self.table).is_held(leases.of_tenant(tenant), self.clock()):
            return True
        return is_stopped(self._context(tenant))

    def _begins_stop(self, tenant: str) -> bool:
        """Stop the purges of a tenant where too many wait; return whether they are stopped."""
        context = self._context(tenant)
        if not too_many_wait(context):
            if context.purge_stop.since():
                context.purge_stop.clear()
            return False
        since = instant(self.clock())
        context.purge_stop.set(since)
        self.note_stop(tenant, since)
        return True


def is_stopped(context: Context) -> bool:
    """Tell whether a person has to decide about accounts of a tenant before any is purged."""
    since = context.purge_stop.since()
    oldest = next(context.held_accounts.waiting(limit=1), None) if since else None
    return oldest is not None and oldest[0] <= since


def too_many_wait(context: Context) -> bool:
    """Tell whether so many deletions of a tenant wait that nobody can have meant them.

    What was deleted during planned work does not count.
    """
    switch = BrakeItems(context.table, context.tenant).switch()
    deleted = [time for time, _ in context.held_accounts.waiting()]
    waiting = sum(1 for time in deleted if not switch.is_off(time))
    accounts = context.resources.count(Kind.USER, linked=True) + len(deleted)
    return is_too_many(waiting, accounts)
