"""Changes of a group and its members, all or nothing, also above the limit of a transaction.

A change that one transaction does not hold is stored first, becomes visible with one transaction on
the group's document, and is then applied in chunks. The transaction of each chunk checks that the
change is still pending, so that a process that was frozen and continues later can do no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from rollcall.aws import deadline
from rollcall.directory import template_grants
from rollcall.directory.context import Context
from rollcall.directory.member_changes import MemberChange
from rollcall.directory.template_grants import ConcernedUsers, NewGrants
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.index_entries import CHANGED
from rollcall.storage.large_change_items import MemberChanges
from rollcall.storage.memberships import Memberships
from rollcall.storage.resource_writes import begin_change
from rollcall.storage.template_items import CurrentTemplates
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.catalogue import Catalogue

ACTIONS_PER_MEMBER = 3
"""The two items of a membership, and the member's version."""

ALONE = 2.0
"""The seconds for which a change is left to its writer before others help."""

AT_ONCE = 0.0
"""The seconds for which a helper retries a chunk that met a conflict."""

RESERVE = 3.0
"""The seconds that a helper keeps for its own request."""

LONGEST = 60.0
"""The most seconds that a helper spends on a change."""


def commit(
    context: Context, group: Record, change: MemberChange, actions: Sequence[Action], now: str
) -> None:
    """Commit a change of a group and of its members; `group` is the group after the change.

    `actions` are those on the group itself; the first is on its document item. Raises
    ConditionFailed, and InvalidValueException for a member to whom too many templates would give.
    """
    changes = MemberChanges(change.added, change.removed)
    template_grants.check_following(context, group, changes, change.users)
    if len(actions) + len(change.concerned) * ACTIONS_PER_MEMBER <= context.capacity:
        users = template_grants.with_access(context, group, changes, change.users)
        grants = template_grants.grants_with_memberships(
            context, group, changes, users, now=now, actor=context.actor
        )
        all_actions = [
            *actions,
            *_member_actions(context.memberships, group.id, changes, grants, now),
        ]
        if len(all_actions) <= context.capacity:
            context.commit(all_actions)
            context.charge_members(len(change.concerned))
            return
    name = context.large_changes.write(group.id, changes, context.actor, now)
    document, *others = actions
    check = context.large_changes.check(group.id, name)
    try:
        context.commit([begin_change(document, name), *others, check])
    except ConditionFailed:
        context.large_changes.discard(group.id, name)
        raise
    context.charge_members(len(change.concerned))
    with suppress(Unavailable):  # the change is visible, and the sweep applies the rest
        _apply(context, group, name, context.table.retry.seconds)


def meet(context: Context, group: Record) -> bool:
    """Wait until the pending change of a group is finished, and help if that takes long.

    Returns whether this help finished it. The chunks of a change conflict with each other: if all
    requests that meet the change helped at once, they would hinder its writer and each other. So it
    is left to the writer for a while, and a helper does not retry a conflict.
    """
    for _ in islice(context.table.retry.attempts(ALONE), 1, None):
        current = context.resources.read(Kind.GROUP, group.id)
        if current is None or current.pending != group.pending:
            return False
    seconds = min(deadline.seconds_left() - RESERVE, LONGEST)
    with suppress(Unavailable):
        return _apply(context, group, group.pending, seconds, AT_ONCE)
    return False


def finish(context: Context, group: str, name: str, seconds: float | None = None) -> bool:
    """Apply a change of a group as far as the time allows; return whether it is finished.

    A change that never became visible, or that others have finished, is deleted.
    """
    record = context.resources.read(Kind.GROUP, group)
    if record is None or record.pending != name:
        return context.large_changes.discard(group, name)
    return _apply(context, record, name, seconds or context.table.retry.seconds)


def _apply(
    context: Context, group: Record, name: str, seconds: float, retry: float | None = None
) -> bool:
    """Apply a change; a chunk that meets a conflict is retried for the time left, or for `retry`.

    Returns whether the change is finished.
    """
    clock = context.table.retry.clock
    end = clock() + seconds
    memberships = context.memberships.acting_for(context.large_changes.read_actor(group.id, name))
    templates = context.templates.read()
    following = len(Catalogue.of(templates).following(group.id))
    size = max(1, (context.table.max_actions - 1) // (ACTIONS_PER_MEMBER + following))
    for number, part in context.large_changes.parts(group.id, name):
        concerned = iter([*part.added.items(), *part.removed.items()])
        while members := dict(islice(concerned, size)):
            left = end - clock()
            if left < 0:
                return False
            chunk = _Chunk(context, memberships, group, name, part, members, templates)
            if not chunk.apply(left if retry is None else retry):
                return context.large_changes.discard(group.id, name)
        context.large_changes.delete_part(group.id, name, number)
    context.writes.finish_change(group.id, name)
    return context.large_changes.discard(group.id, name)


@dataclass(frozen=True)
class _Chunk:
    """The members of a part of a change that one transaction adds and removes.

    `memberships` writes them on behalf of the actor of the change.
    """

    context: Context
    memberships: Memberships
    group: Record
    change: str
    part: MemberChanges
    members: Mapping[str, Kind]
    templates: CurrentTemplates

    def apply(self, seconds: float) -> bool:
        """Apply the chunk; return False when the change is finished or was discarded.

        What others have applied is not applied again. A member that was deleted is skipped, which
        gives the group another version. A chunk whose grants make it larger than a
        transaction is applied in halves. Raises Unavailable after so many seconds of conflicts.
        """
        table = self.context.table
        end = table.retry.clock() + seconds
        for _ in table.retry.attempts(seconds):
            actions = self._actions()
            if not actions:
                return True
            if len(actions) > table.max_actions and len(self.members) > 1:
                return all(half.apply(seconds) for half in self._halves())
            try:
                table.transact(actions, end - table.retry.clock())
            except ConditionFailed as error:
                if CHANGED in error.labels:
                    return False
            else:
                return True
        raise Unavailable("too many changes of the members of one group at once", status=429)

    def _actions(self) -> list[Action]:
        """Read the members, and return the actions that are left; none when all is applied."""
        context, group, part = self.context, self.group.id, self.part
        states = self.memberships.read_states(
            {(group, member): kind for member, kind in self.members.items()}
        )
        living = {m: kind for m, kind in self.members.items() if (kind, m) in states.living}
        current = {member for _, member in states.current}
        added = {m: kind for m, kind in living.items() if m in part.added and m not in current}
        removed = {m: kind for m, kind in living.items() if m in part.removed and m in current}
        skips = any(m in part.added and m not in living for m in self.members)
        if not added and not removed and not skips:
            return []
        now = context.now()
        changes = MemberChanges(added, removed)
        users = ConcernedUsers(states.users, self.templates)
        grants = template_grants.grants_with_memberships(
            context, self.group, changes, users, now=now, actor=self.memberships.actor
        )
        pending = context.writes.pending_check(group, self.change)
        if skips:
            pending = context.writes.pending_update(group, self.change, now, self.memberships.actor)
        return [pending, *_member_actions(self.memberships, group, changes, grants, now)]

    def _halves(self) -> Iterator[_Chunk]:
        members = list(self.members.items())
        middle = (len(members) + 1) // 2
        for half in (members[:middle], members[middle:]):
            yield replace(self, members=dict(half))


def _member_actions(
    memberships: Memberships, group: str, changes: MemberChanges, grants: NewGrants, now: str
) -> list[Action]:
    """Return the actions that add and remove members, with their grants and their versions."""
    joined, left = (
        {each: kind for each, kind in members.items() if each not in grants.users}
        for members in (changes.added, changes.removed)
    )
    return [
        *memberships.additions(group, changes.added),
        *memberships.removals(group, changes.removed, now),
        *memberships.version_updates(joined, now),
        *memberships.version_updates(left, now, group),
        *grants.actions,
    ]
