"""Changes of a group's members, all or nothing, also where one transaction does not hold them.

Such a change is written down, becomes true with one transaction on the group's document, and is
then applied in pieces. Each piece checks that the change is still unfinished, so that whoever was
frozen in the middle and wakes up after others went on does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from rollcall.aws import deadline
from rollcall.directory import template_grants
from rollcall.directory.context import Context
from rollcall.directory.member_changes import MemberChange
from rollcall.directory.template_grants import NewGrants, NewMembers
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_models import Kind
from rollcall.storage.index_entries import CHANGED
from rollcall.storage.large_change_items import MemberChanges
from rollcall.storage.memberships import Memberships
from rollcall.storage.resource_writes import GroupUpdate
from rollcall.storage.template_items import CurrentTemplates
from rollcall.storage.transactions import Action, ConditionFailed

ACTIONS_PER_MEMBER = 3
"""Either side of a membership, and the member's version."""

ALONE = 2.0
"""The seconds for which whoever meets a change leaves it to those who are at it."""

AT_ONCE = 0.0
"""The seconds for which a helper tries a piece again that met a conflict."""

RESERVE = 3.0
"""The seconds that a helper keeps for what it is about to do itself."""

LONGEST = 60.0
"""The seconds for which a helper goes on with a change at most."""

OfGroup = Callable[[GroupUpdate], list[Action]]
"""The actions on the group itself, by what they are to leave on its document item."""


def commit(
    context: Context, group: Record, change: MemberChange, of_group: OfGroup, now: str
) -> None:
    """Commit a change of a group, here as it is to be, and of its members.

    Raises ConditionFailed.
    """
    several = len(change.concerned) > 1
    changes = MemberChanges(change.added, change.removed)
    whole = of_group(GroupUpdate(several))
    if len(whole) + len(change.concerned) * ACTIONS_PER_MEMBER <= context.capacity:
        brought = template_grants.grants_for_new_members(
            context, group, change.arrivals, now, context.actor
        )
        whole += _actions(context.memberships, group.id, changes, brought, now)
        if len(whole) <= context.capacity:
            context.commit(whole)
            return
    name = context.large_changes.write(group.id, changes, context.actor, now)
    committing = of_group(GroupUpdate(several, name))
    try:
        context.commit([*committing, context.large_changes.written(group.id, name)])
    except ConditionFailed:
        context.large_changes.discard(group.id, name)
        raise
    with suppress(Unavailable):  # the change is true, and the sweep goes on with the rest
        _finish(context, group, name, context.table.patience.seconds)


def meet(context: Context, group: Record) -> bool:
    """Wait until the change that a group was read with is finished, and help if it takes long.

    Tells whether it is finished by that help. A change's pieces conflict with each other, whoever
    applies them: where all who met it helped at once, they and its writer did little else. So it is
    left to the writer for a while, and a helper whose piece meets a conflict gives way.
    """
    patience = context.table.patience
    for _ in islice(patience.pauses(ALONE), 1, None):
        now = context.resources.read(Kind.GROUP, group.id)
        if now is None or now.pending != group.pending:
            return False
    seconds = min(deadline.seconds_left() - RESERVE, LONGEST)
    with suppress(Unavailable):
        return _finish(context, group, group.pending, seconds, AT_ONCE)
    return False


def finish(context: Context, group: str, name: str, seconds: float | None = None) -> bool:
    """Apply a change that is true, as far as time allows; tell whether it is finished.

    A change that never became true, or that others finished, is forgotten.
    """
    record = context.resources.read(Kind.GROUP, group)
    if record is None or record.pending != name:
        return context.large_changes.discard(group, name)
    return _finish(context, record, name, seconds or context.table.patience.seconds)


def _finish(
    context: Context, group: Record, name: str, seconds: float, tries: float | None = None
) -> bool:
    """Apply a change; a piece that is in others' way is tried for the time left, or for `tries`."""
    clock = context.table.patience.clock
    end = clock() + seconds
    store = context.memberships.caused_by(context.large_changes.origin(group.id, name))
    edition = context.templates.read()
    size = (context.table.max_actions - 1) // ACTIONS_PER_MEMBER
    for number, part in context.large_changes.parts(group.id, name):
        wanted = iter([*part.added.items(), *part.removed.items()])
        while members := dict(islice(wanted, size)):
            left = end - clock()
            if left < 0:
                return False
            piece = _Chunk(group, name, part, members, edition)
            if not _apply(context, store, piece, left if tries is None else tries):
                return context.large_changes.discard(group.id, name)
        context.large_changes.applied(group.id, name, number)
    context.writes.settle(group.id, name)
    return context.large_changes.discard(group.id, name)


@dataclass(frozen=True)
class _Chunk:
    """What of a part of a change is applied in one transaction, members by type."""

    group: Record
    change: str
    part: MemberChanges
    members: Mapping[str, Kind]
    edition: CurrentTemplates

    def halves(self) -> Iterator[_Chunk]:
        """Yield the piece in two."""
        members = list(self.members.items())
        middle = (len(members) + 1) // 2
        for half in (members[:middle], members[middle:]):
            yield replace(self, members=dict(half))


def _apply(context: Context, store: Memberships, piece: _Chunk, seconds: float) -> bool:
    """Apply a piece of a change; False when the change is finished or gone.

    Who was deleted meanwhile is skipped, which gives the group another version, and what others
    applied is not done again. A piece that brings so much that it is larger than a transaction is
    applied in halves. Raises Unavailable when others were in the way for so many seconds.
    """
    group, part = piece.group.id, piece.part
    patience = context.table.patience
    end = patience.clock() + seconds
    for _ in patience.pauses(seconds):
        standing = store.standing({(group, each): kind for each, kind in piece.members.items()})
        living = {e: kind for e, kind in piece.members.items() if (kind, e) in standing.living}
        member = {each for _, each in standing.current}
        added = {e: kind for e, kind in living.items() if e in part.added and e not in member}
        removed = {e: kind for e, kind in living.items() if e in part.removed and e in member}
        skips = any(each in part.added and each not in living for each in piece.members)
        if not added and not removed and not skips:
            return True
        newcomers = {each: user for each, user in standing.newcomers.items() if each in added}
        arrivals, now = NewMembers(newcomers, piece.edition), context.now()
        brought = template_grants.grants_for_new_members(
            context, piece.group, arrivals, now, store.origin
        )
        pending = context.writes.is_pending(group, piece.change)
        if skips:
            pending = context.writes.skipping(group, piece.change, now, store.origin)
        actions = [
            pending,
            *_actions(store, group, MemberChanges(added, removed), brought, now),
        ]
        if len(actions) > context.table.max_actions and len(piece.members) > 1:
            return all(_apply(context, store, half, seconds) for half in piece.halves())
        try:
            context.table.transact(actions, end - patience.clock())
        except ConditionFailed as error:
            if CHANGED in error.labels:
                return False
        else:
            return True
    raise Unavailable("too many changes of the members of one group at once", status=429)


def _actions(
    store: Memberships, group: str, changes: MemberChanges, brought: NewGrants, now: str
) -> list[Action]:
    concerned = {**changes.added, **changes.removed}
    rest = {each: kind for each, kind in concerned.items() if each not in brought.users}
    return [
        *store.addition(group, changes.added),
        *store.removal(group, changes.removed, now),
        *store.touches(rest, now),
        *brought.actions,
    ]
