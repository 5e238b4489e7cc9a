"""Ends the memberships of deleted users and groups.

If one transaction can hold them, they end with the deletion itself. Otherwise the deletion stores a
note, and memberships are ended in batches, each of which may be repeated; readers of members leave
out the resources that a note names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, islice

from rollcall.directory.context import Context
from rollcall.directory.moved_grants import MovedGrants
from rollcall.model.record import Record
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.large_change_items import FINISHED
from rollcall.storage.memberships import Memberships, MembershipStates
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.catalogue import Catalogue

ACTIONS_PER_MEMBERSHIP = 3
"""The two items of a membership, and the version of the resource that stays."""

ACTIONS_PER_INHERITED = 3
"""The two items of the survivor's membership; the survivor's version is raised once."""


@dataclass(frozen=True)
class StoredMembership:
    """A group, a member, and the member's type."""

    group: str
    member: str
    kind: Kind


def commit(context: Context, record: Record, deletion: Sequence[Action], now: str) -> None:
    """Commit a deletion and end the memberships of the resource. Raises ConditionFailed."""
    room = (context.capacity - len(deletion)) // ACTIONS_PER_MEMBERSHIP
    memberships = list(islice(_memberships(context, record.kind, record.id), room + 1))
    # Members that a pending change adds do not raise the version of the group.
    if len(memberships) <= room and not record.pending:
        ending = _Ending(context, context.memberships, record.id)
        actions = [*deletion, *(ending.actions(memberships, now) if memberships else [])]
        if len(actions) <= context.capacity:
            context.commit(actions)
            context.charge_members(len(memberships))
            return
    note = context.large_changes.start_of_deletion(record.kind, record.id, context.actor, now)
    context.commit([*deletion, note])
    with suppress(Unavailable):  # the resource is deleted, and the sweep ends the memberships
        finish(context, record.id)


def finish(context: Context, identifier: str, seconds: float | None = None) -> bool:
    """End memberships of a deleted resource while time allows; return whether all have ended."""
    deleted = context.large_changes.read_deleted(identifier)
    if deleted is None:
        return True
    memberships = context.memberships.acting_for(deleted.actor)
    catalogue = Catalogue.of(context.templates.read()) if deleted.survivor else Catalogue()
    may_return = deleted.kind is Kind.USER and not deleted.survivor
    since = deleted.since if may_return else ""
    ending = _Ending(context, memberships, identifier, deleted.survivor, catalogue, since)
    retry = context.table.retry
    deadline = retry.clock() + (seconds or retry.seconds)
    remaining = _memberships(context, deleted.kind, identifier)
    most = ACTIONS_PER_MEMBERSHIP + (ACTIONS_PER_INHERITED if deleted.survivor else 0)
    ended = 0
    while batch := list(islice(remaining, max(1, (context.table.max_actions - 1) // most))):
        if retry.clock() > deadline:
            return False
        if not ending.apply(batch, deadline):
            return True
        context.charge_members(len(batch), ended)
        ended += len(batch)
    context.large_changes.finish_deletion(identifier, deleted.since)
    return True


def _memberships(context: Context, kind: Kind, identifier: str) -> Iterator[StoredMembership]:
    """Yield the memberships of a resource that are stored, as a member and as a group."""
    memberships = context.memberships
    groups = memberships.groups_of(kind, identifier)
    members = memberships.iterate(identifier) if kind is Kind.GROUP else iter(())
    return chain(
        (StoredMembership(group, identifier, kind) for group in groups),
        (StoredMembership(identifier, member, of) for member, of in members),
    )


@dataclass(frozen=True)
class _Ending:
    """Ends the memberships of a resource, which become those of the survivor if there is one.

    `memberships` writes them on behalf of the actor of the deletion, `catalogue` are the templates
    that may give something to the survivor. `since` is when an account was deleted that can be
    brought back as soon as all of its memberships have ended, empty for others.
    """

    context: Context
    memberships: Memberships
    identifier: str
    survivor: str = ""
    catalogue: Catalogue = field(default_factory=Catalogue)
    since: str = ""

    def apply(self, batch: Sequence[StoredMembership], deadline: float) -> bool:
        """End some memberships, with retries until a deadline of the clock. Raises Unavailable.

        What is larger than a transaction with the grants that end is ended in halves. False when
        another process has ended all: the account may be back, and its memberships are new ones.
        """
        table, large_changes = self.context.table, self.context.large_changes
        check = large_changes.deletion_check
        checks = [check(self.identifier, self.since)] if self.since else []
        for _ in table.retry.attempts(deadline - table.retry.clock()):
            actions = [*self.actions(batch, self.context.now()), *checks]
            if len(actions) > table.max_actions and len(batch) > 1:
                middle = len(batch) // 2
                halves = (batch[:middle], batch[middle:])
                return all(self.apply(each, deadline) for each in halves)
            try:
                table.transact(actions, deadline - table.retry.clock())
            except ConditionFailed as error:
                if FINISHED in error.labels:
                    return False
                continue
            return True
        raise Unavailable("too many changes of one resource's groups at once", status=429)

    def actions(self, batch: Sequence[StoredMembership], now: str) -> list[Action]:
        """Return the actions that end memberships, as far as they have not ended yet."""
        pairs = {(each.group, each.member): each.kind for each in batch}
        if self.survivor:
            pairs |= {(each.group, self.survivor): Kind.USER for each in batch}
        states = self.memberships.read_states(pairs)
        grants = self._grants(states, now)
        actions: list[Action] = []
        changed: dict[str, Kind] = {}
        left: dict[str, Kind] = {}
        for each in batch:
            if (each.group, each.member) not in states.current:
                actions.append(self.memberships.ending(each.group, each.member, each.kind, now))
                continue
            actions += self.memberships.removals(each.group, {each.member: each.kind}, now)
            if each.kind is Kind.USER:
                grants.leave(each.group, each.member)
            if each.member == self.identifier:
                if (Kind.GROUP, each.group) in states.living:
                    changed[each.group] = Kind.GROUP
            elif (each.kind, each.member) in states.living:
                (left if each.kind is Kind.USER else changed)[each.member] = each.kind
            if self._inherits(each.group, states):
                actions += self.memberships.additions(each.group, {self.survivor: Kind.USER})
                changed[self.survivor] = Kind.USER
                grants.inherit(each.group, self.survivor, self.identifier)
        changed, left = (
            {name: kind for name, kind in resources.items() if name not in grants.changed}
            for resources in (changed, left)
        )
        return [
            *actions,
            *self.memberships.version_updates(changed, now),
            *self.memberships.version_updates(left, now, self.identifier),
            *grants.actions(),
        ]

    def _grants(self, states: MembershipStates, now: str) -> MovedGrants:
        catalogue = self.catalogue if self.survivor else Catalogue()
        living = states.living - {(Kind.USER, self.identifier)}
        users = {
            identifier: (user.access, (Kind.USER, identifier) in living)
            for identifier, user in states.users.items()
        }
        return MovedGrants(self.context, self.memberships.actor, catalogue, users, now)

    def _inherits(self, group: str, states: MembershipStates) -> bool:
        """Tell whether the survivor becomes a member of a group."""
        living = {(Kind.GROUP, group), (Kind.USER, self.survivor)} <= states.living
        return bool(self.survivor) and living and (group, self.survivor) not in states.current
