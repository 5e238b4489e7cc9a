"""Changes of a group's members, all or nothing, also where one transaction does not hold them.

Such a change is written down, becomes true with one transaction on the group's document, and is
then applied in pieces. Each piece checks that the change is still unfinished, so that whoever was
frozen in the middle and wakes up after others went on does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from rollcall.directory.context import Context
from rollcall.directory.membership import Change
from rollcall.scim.errors import Unavailable
from rollcall.scim.resources import Kind
from rollcall.storage.actions import Action, ConditionFailed
from rollcall.storage.journal import Changes
from rollcall.storage.memberships import Memberships
from rollcall.storage.writes import CHANGED, Turn

ACTIONS_PER_MEMBER = 3
"""Either side of a membership, and the member's version."""

OfGroup = Callable[[Turn], list[Action]]
"""The actions on the group itself, by what they are to leave on its document item."""


def commit(context: Context, group: str, change: Change, of_group: OfGroup, now: str) -> None:
    """Commit a change of a group and of its members. Raises ConditionFailed."""
    several = len(change.concerned) > 1
    whole = of_group(Turn(several))
    room = context.capacity - len(whole)
    if len(change.concerned) * ACTIONS_PER_MEMBER <= room:
        store = context.memberships
        context.commit([*whole, *_actions(store, group, change.added, change.removed, now)])
        return
    changes = Changes(change.added, change.removed)
    name = context.journal.write(group, changes, context.origin, now)
    committing = of_group(Turn(several, name))
    try:
        context.commit([*committing, context.journal.written(group, name)])
    except ConditionFailed:
        context.journal.discard(group, name)
        raise
    with suppress(Unavailable):  # the change is true, and the sweep goes on with the rest
        _finish(context, group, name, context.table.patience.seconds)


def finish(context: Context, group: str, name: str, seconds: float | None = None) -> bool:
    """Apply a change that is true, as far as time allows; tell whether it is finished.

    A change that never became true, or that others finished, is forgotten.
    """
    record = context.resources.read(Kind.GROUP, group)
    if record is None or record.pending != name:
        context.journal.discard(group, name)
        return True
    return _finish(context, group, name, seconds or context.table.patience.seconds)


def _finish(context: Context, group: str, name: str, seconds: float) -> bool:
    clock = context.table.patience.clock
    deadline = clock() + seconds
    store = context.memberships.caused_by(context.journal.origin(group, name))
    size = (context.table.max_actions - 1) // ACTIONS_PER_MEMBER
    for number, part in context.journal.parts(group, name):
        wanted = iter([*part.added.items(), *part.removed.items()])
        while piece := dict(islice(wanted, size)):
            if clock() > deadline:
                return False
            if not _apply(context, store, _Piece(group, name, part, piece)):
                return True
        context.journal.applied(group, name, number)
    context.writes.settle(group, name)
    context.journal.discard(group, name)
    return True


@dataclass(frozen=True)
class _Piece:
    """What of a part of a change is applied in one transaction, members by type."""

    group: str
    change: str
    part: Changes
    members: Mapping[str, Kind]


def _apply(context: Context, store: Memberships, piece: _Piece) -> bool:
    """Apply a piece of a change; False when the change is finished or gone.

    Who was deleted meanwhile is skipped, and what others applied is not done again.
    """
    group, part = piece.group, piece.part
    for _ in context.table.patience.pauses():
        standing = store.standing({(group, each): kind for each, kind in piece.members.items()})
        living = {e: kind for e, kind in piece.members.items() if (kind, e) in standing.living}
        member = {each for _, each in standing.current}
        added = {e: kind for e, kind in living.items() if e in part.added and e not in member}
        removed = {e: kind for e, kind in living.items() if e in part.removed and e in member}
        if not added and not removed:
            return True
        actions = _actions(store, group, added, removed, context.now())
        try:
            context.table.transact([context.writes.is_pending(group, piece.change), *actions])
        except ConditionFailed as error:
            if CHANGED in error.labels:
                return False
        else:
            return True
    raise Unavailable("too many changes of the members of one group at once", status=429)


def _actions(
    store: Memberships,
    group: str,
    added: Mapping[str, Kind],
    removed: Mapping[str, Kind],
    now: str,
) -> list[Action]:
    return [
        *store.addition(group, added),
        *store.removal(group, removed, now),
        *store.touches({**added, **removed}, now),
    ]
