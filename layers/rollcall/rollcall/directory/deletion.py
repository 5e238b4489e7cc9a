"""How deleted resources leave their groups and their members.

What one transaction holds ends with the deletion itself. Otherwise the deletion leaves a note, and
memberships are ended in pieces, each of which may be repeated; readers of members leave out whom a
note names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.memberships import Memberships, MembershipStates
from rollcall.storage.transactions import Action, ConditionFailed

ACTIONS_PER_MEMBERSHIP = 3
"""Either side of a membership, and the version of the resource that stays."""

ACTIONS_PER_INHERITED = 3
"""Either side of the heir's membership; the heir's version is raised once."""


@dataclass(frozen=True)
class StoredMembership:
    """A member of a group, by the member's type."""

    group: str
    member: str
    kind: Kind


def commit(context: Context, record: Record, deletion: Sequence[Action], now: str) -> None:
    """Commit a deletion and end the memberships of what is deleted. Raises ConditionFailed."""
    room = (context.capacity - len(deletion)) // ACTIONS_PER_MEMBERSHIP
    near = list(islice(_memberships(context, record.kind, record.id), room + 1))
    # What a change that is being applied adds does not raise the version of the group.
    if len(near) <= room and not record.pending:
        departure = _Deletion(context, context.memberships, record.id)
        ending = departure.ending(near, now) if near else []
        context.commit([*deletion, *ending])
        return
    note = context.large_changes.start_of_deletion(record.kind, record.id, context.actor, now)
    context.commit([*deletion, note])
    with suppress(Unavailable):  # the deletion is true, and the sweep goes on with the rest
        finish(context, record.id)


def finish(context: Context, identifier: str, seconds: float | None = None) -> bool:
    """End the memberships of what is deleted, as far as time allows; tell whether none is left."""
    leaver = context.large_changes.read_deleted(identifier)
    if leaver is None:
        return True
    departure = _Deletion(
        context, context.memberships.acting_for(leaver.actor), identifier, leaver.survivor
    )
    patience = context.table.retry
    deadline = patience.clock() + (seconds or patience.seconds)
    left = _memberships(context, leaver.kind, identifier)
    most = ACTIONS_PER_MEMBERSHIP + (ACTIONS_PER_INHERITED if leaver.survivor else 0)
    while piece := list(islice(left, context.table.max_actions // most)):
        if patience.clock() > deadline:
            return False
        departure.end(piece, deadline)
    context.large_changes.finish_deletion(identifier)
    return True


def _memberships(context: Context, kind: Kind, identifier: str) -> Iterator[StoredMembership]:
    """Yield what is stored of the memberships of a resource, whichever side it is on."""
    store = context.memberships
    groups = store.groups_of(kind, identifier)
    members = store.iterate(identifier) if kind is Kind.GROUP else iter(())
    return chain(
        (StoredMembership(group, identifier, kind) for group in groups),
        (StoredMembership(identifier, member, of) for member, of in members),
    )


@dataclass(frozen=True)
class _Deletion:
    """Whose memberships end, on whose behalf they do, and whose they become, if anybody's."""

    context: Context
    store: Memberships
    identifier: str
    heir: str = ""

    def end(self, piece: Sequence[StoredMembership], deadline: float) -> None:
        """End some memberships, whoever changes the same groups until a deadline of the clock."""
        table = self.context.table
        for _ in table.retry.attempts(deadline - table.retry.clock()):
            ending = self.ending(piece, self.context.now())
            try:
                table.transact(ending, deadline - table.retry.clock())
            except ConditionFailed:
                continue
            return
        raise Unavailable("too many changes of one resource's groups at once", status=429)

    def ending(self, piece: Sequence[StoredMembership], now: str) -> list[Action]:
        """Return the actions that end memberships, as far as they are still there."""
        pairs = {(each.group, each.member): each.kind for each in piece}
        if self.heir:
            pairs |= {(each.group, self.heir): Kind.USER for each in piece}
        standing = self.store.read_states(pairs)
        actions: list[Action] = []
        staying: dict[str, Kind] = {}
        for each in piece:
            if (each.group, each.member) not in standing.current:
                actions.append(self.store.ending(each.group, each.member, each.kind, now))
                continue
            actions += self.store.removals(each.group, {each.member: each.kind}, now)
            is_member = each.member == self.identifier
            kind, other = (Kind.GROUP, each.group) if is_member else (each.kind, each.member)
            if (kind, other) in standing.living:
                staying[other] = kind
            if self._inherits(each.group, standing):
                actions += self.store.additions(each.group, {self.heir: Kind.USER})
                staying[self.heir] = Kind.USER
        return [*actions, *self.store.version_updates(staying, now)]

    def _inherits(self, group: str, standing: MembershipStates) -> bool:
        living = {(Kind.GROUP, group), (Kind.USER, self.heir)} <= standing.living
        return bool(self.heir) and living and (group, self.heir) not in standing.current
