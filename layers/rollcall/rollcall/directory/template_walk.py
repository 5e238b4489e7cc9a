"""Brings the members of a group to the current version of a template that follows memberships.

A request that read the templates before they changed may write what they gave then. So the members
are looked at again, until a pass that began when no such request can run any more has found nobody
to change. A user is changed by one transaction, so that readers see old or new access; it changes
others, too, as far as it holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, islice

from rollcall.directory.context import Context
from rollcall.directory.member_grants import MemberGrants
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.grant_items import order_prefix
from rollcall.storage.memberships import MembershipStates
from rollcall.storage.template_walks import SUPERSEDED, TemplateWalk
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.template import Template

SETTLED = timedelta(seconds=90)
"""How long after a change of a template a request may still run that read it before: a piece of a
large change, which takes a minute at most, and the half minute of a function."""

BATCH = 49
"""How many members are read in one round trip: their documents, their memberships, the group."""

SAVED = 1_000
"""After how many members that needed no change the place in a pass is stored."""


def finish(context: Context, template: str, group: str, seconds: float | None = None) -> bool:
    """Go on with a walk while time allows; return whether it is finished."""
    retry = context.table.retry
    deadline = retry.clock() + (seconds or retry.seconds)
    for _ in walk_on(context, template, group):
        if retry.clock() > deadline:
            return False
    return context.template_walks.read(template, group) is None


def walk_on(context: Context, template: str, group: str) -> Iterator[TemplateWalk]:
    """Go on with a walk, yielding how far it is, until it is finished or has to wait.

    It also ends where another process goes on with it, or a later change of the template has begun.
    """
    walks = context.template_walks
    with suppress(ConditionFailed):
        while (walk := walks.read(template, group)) is not None:
            settled = datetime.fromisoformat(walk.since) + SETTLED
            if not walk.begun:
                if walk.passes and context.clock() < settled:
                    return
                begun = replace(walk, begun=context.now(), place="", seen=0, changed=0)
                walk = walks.save(walk, begun)
            last = walk
            for last in _Pass(context, walk).batches():
                yield last
            if not last.changed and datetime.fromisoformat(last.begun) >= settled:
                walks.delete(last)
            else:
                walks.save(last, replace(last, begun="", passes=last.passes + 1))


def given_forever(context: Context, template: str) -> Iterator[str]:
    """Yield the users with a grant of a template that no membership ends.

    A version that followed memberships may be held forever where a later one gave forever: whoever
    was a member then keeps what the version gave.
    """
    versions = [Template.of(content) for content, _, _ in context.templates.history(template)]
    while versions and versions[-1].follows:
        versions.pop()
    prefixes = [order_prefix(each.name, each.version) for each in versions]
    return context.grants.users(prefixes, lasting=True)


@dataclass(frozen=True)
class _Pass:
    """One pass of a walk over the members, and over those who got the template forever."""

    context: Context
    walk: TemplateWalk

    def batches(self) -> Iterator[TemplateWalk]:
        """Look at all from the place where the pass is, yielding how far it is after each batch."""
        saved = walk = self.walk
        yield walk
        members = self.context.memberships.iterate(walk.group, after=walk.place)
        while batch := list(islice(members, BATCH)):
            changed = self._bring([member for member, kind in batch if kind is Kind.USER])
            walk = replace(
                walk,
                place=batch[-1][0],
                seen=walk.seen + len(batch),
                changed=walk.changed + changed,
            )
            if changed or walk.seen - saved.seen >= SAVED:
                saved = self.context.template_walks.save(saved, walk)
            yield walk
        given = given_forever(self.context, self.walk.template)
        while others := list(islice(given, BATCH)):
            walk = replace(walk, changed=walk.changed + self._bring(others))
            yield walk
        yield self.context.template_walks.save(saved, walk)

    def _bring(self, users: Sequence[str]) -> int:
        """Give some users what the template says now; return how many needed a change."""
        catalogue = Catalogue.of(self.context.templates.read())
        states = self._read(users)
        changes = {each: self._changes(catalogue, each, states) for each in users}
        return sum(self._bring_part(catalogue, part) for part in self._parts(changes))

    def _read(self, users: Sequence[str]) -> MembershipStates:
        pairs = {(self.walk.group, each): Kind.USER for each in users}
        return self.context.memberships.read_states(pairs)

    def _changes(self, catalogue: Catalogue, user: str, states: MembershipStates) -> list[Action]:
        """Return the actions that give a user what the template says now; none if it has that.

        What the memberships of a deleted group give ends by its deletion.
        """
        context, walk = self.context, self.walk
        if not {(Kind.USER, user), (Kind.GROUP, walk.group)} <= states.living:
            return []
        is_member = (walk.group, user) in states.current
        grants = MemberGrants(context, catalogue, walk, states.users[user].access, user)
        actions = grants.actions(is_member=is_member)
        check = context.memberships.check(walk.group, user, is_member=is_member)
        return [*actions, check] if actions else []

    def _parts(self, changes: Mapping[str, list[Action]]) -> Iterator[dict[str, list[Action]]]:
        """Yield those who need a change, as many at a time as a transaction takes."""
        part: dict[str, list[Action]] = {}
        for user, actions in changes.items():
            size = sum(map(len, part.values())) + len(actions) + 1
            if part and size > self.context.table.max_actions:
                yield part
                part = {}
            if actions:
                part[user] = actions
        if part:
            yield part

    def _bring_part(self, catalogue: Catalogue, part: Mapping[str, list[Action]]) -> int:
        """Change some users in one transaction, or else each by itself.

        Raises ConditionFailed when the walk is superseded or finished.
        """
        context = self.context
        check = context.template_walks.check(self.walk)
        try:
            context.table.transact([*chain.from_iterable(part.values()), check])
        except ConditionFailed as error:
            if SUPERSEDED in error.labels:
                raise
            return sum(self._bring_one(catalogue, each) for each in part)
        return len(part)

    def _bring_one(self, catalogue: Catalogue, user: str) -> bool:
        """Change a user whom somebody else has changed; return whether that was needed still."""
        context = self.context
        for _ in context.table.retry.attempts():
            actions = self._changes(catalogue, user, self._read([user]))
            if not actions:
                return False
            try:
                context.table.transact([*actions, context.template_walks.check(self.walk)])
            except ConditionFailed as error:
                if SUPERSEDED in error.labels:
                    raise
            else:
                return True
        raise Unavailable("too many changes of one user at once", status=429)
