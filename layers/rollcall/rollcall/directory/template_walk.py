"""Brings the members of a group to the current version of a template that follows memberships.

A request that read the templates before they changed may write what they gave then. So the members
are looked at again, until a pass that began when no such request can run any more has found nobody
to change. Each user is changed in one transaction, so that readers see old or new access.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from rollcall.directory.context import Context
from rollcall.directory.member_grants import MemberGrants
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.grant_items import order_prefix
from rollcall.storage.memberships import MembershipStates
from rollcall.storage.template_walks import SUPERSEDED, TemplateWalk
from rollcall.storage.transactions import ConditionFailed
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
        return sum(self._bring_one(catalogue, each, states) for each in users)

    def _read(self, users: Sequence[str]) -> MembershipStates:
        pairs = {(self.walk.group, each): Kind.USER for each in users}
        return self.context.memberships.read_states(pairs)

    def _bring_one(self, catalogue: Catalogue, user: str, states: MembershipStates) -> bool:
        """Give a user what the template says now; return whether that was a change.

        What the memberships of a deleted group give ends by its deletion.
        Raises ConditionFailed when the walk is superseded or finished.
        """
        context, walk = self.context, self.walk
        for _ in context.table.retry.attempts():
            if not {(Kind.USER, user), (Kind.GROUP, walk.group)} <= states.living:
                return False
            is_member = (walk.group, user) in states.current
            grants = MemberGrants(context, catalogue, walk, states.users[user].access, user)
            actions = grants.actions(is_member=is_member)
            if not actions:
                return False
            check = context.memberships.check(walk.group, user, is_member=is_member)
            try:
                context.table.transact([*actions, check, context.template_walks.check(walk)])
            except ConditionFailed as error:
                if SUPERSEDED in error.labels:
                    raise
                states = self._read([user])
            else:
                return True
        raise Unavailable("too many changes of one user at once", status=429)
