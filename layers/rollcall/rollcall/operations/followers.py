"""The members of groups whose templates follow memberships: who they are, and how far they are."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import islice

from rollcall.directory import template_walk
from rollcall.directory.context import Context
from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.operations.template_changes import Catalogue, TemplateChange
from rollcall.scim.resource_type import Kind
from rollcall.storage.template_walks import TemplateWalk
from rollcall.templates.grants import Grant

__all__ = ["TemplateWalk", "Transition", "bring", "transitions", "unfinished"]


@dataclass(frozen=True)
class Transition:
    """Who is concerned when a template that gave forever follows memberships, by userName.

    Only those who got it from the group: the members keep it as long as they are members, and those
    who are not members any more lose it.
    """

    template: str
    members: Sequence[str]
    losing: Sequence[str]


def transitions(
    operator: Operator, tenant: str, changes: Sequence[TemplateChange]
) -> list[Transition]:
    """Return who would be concerned by changes of templates that are not made yet."""
    context = operator.context(tenant)
    catalogue = Catalogue.of(context.templates.read())
    found = []
    for change in changes:
        before, group = change.before, catalogue.group_of(change.after)
        gave_forever = before is not None and not before.follows
        if change.after.follows and gave_forever and group is not None:
            found.append(_transition(context, change.after.name, group))
    return found


def unfinished(operator: Operator, tenant: str, template: str = "") -> list[TemplateWalk]:
    """Return the walks of a template, or of all, that are not known to be finished."""
    context = operator.context(tenant)
    return list(context.template_walks.unfinished(template))


def bring(operator: Operator, tenant: str) -> Generator[Progress, None, int]:
    """Bring members to the current versions of templates; return how many were changed.

    Each is looked at once; the sweep looks again, and goes on where this is broken off.
    """
    context = operator.context(tenant)
    changed = 0
    for walk in unfinished(operator, tenant):
        last = walk
        for last in template_walk.walk_on(context, walk.template, walk.group):
            yield Progress(last.seen, unit="members", step=walk.template)
        changed += last.changed
    return changed


def _transition(context: Context, template: str, group: str) -> Transition:
    users = template_walk.given_forever(context, template)
    members: list[str] = []
    losing: list[str] = []
    while batch := list(islice(users, template_walk.BATCH)):
        grants = context.grants.read_lasting(batch, template)
        given = [user for user, content in grants.items() if Grant.of(content).group == group]
        pairs = {(group, user): Kind.USER for user in given}
        current = context.memberships.read_states(pairs).current
        for user, record in context.resources.read_many(Kind.USER, given).items():
            (members if (group, user) in current else losing).append(record.user_name)
    return Transition(template, members, losing)
