"""What a walk changes of one user's access: the grants that a template gives by a membership."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rollcall.directory.context import Context
from rollcall.model.access import Access
from rollcall.storage.template_walks import TemplateWalk
from rollcall.storage.transactions import Action
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.grants import (
    Grant,
    following_grants,
    merged_grant,
    recomputed,
    with_grants,
    with_members_grants,
)
from rollcall.templates.template import Template


@dataclass(frozen=True)
class MemberGrants:
    """The grants of the template of a walk to a user, whose access was read.

    The template of this name may follow memberships of the group of the walk, of another group, or
    give forever; or there is none any more.
    """

    context: Context
    catalogue: Catalogue
    walk: TemplateWalk
    access: Access
    user: str

    def actions(self, *, is_member: bool) -> list[Action]:
        """Return the actions that give a user what the template says now; none if it has that."""
        template = self.catalogue.named(self.walk.template)
        held = following_grants(self.access, self.walk.group)
        before = held.pop(self.walk.template, None)
        if template is not None and not template.follows:
            return [] if before is None else self._made_lasting(before, list(held.values()))
        after = None
        if template is not None and is_member and template in self._following:
            after = Grant.of_member(template, self._now, self.walk.group, before)
        others = [*held.values(), *([] if after is None else [after])]
        forever = self._given_forever() if template in self._following else None
        if before == after and forever is None:
            return []
        return [*self._items(before, after), *self._update(others, forever)]

    @property
    def _now(self) -> str:
        return self.context.now()

    @property
    def _following(self) -> list[Template]:
        return self.catalogue.following(self.walk.group)

    def _items(self, before: Grant | None, after: Grant | None) -> list[Action]:
        """Return the actions that put the item of the grant, or mark it as ended."""
        grants, actor = self.context.grants, self.walk.actor
        if after is not None and after != before:
            return grants.replacements(self.user, [after.content], actor)
        if after is None and before is not None:
            return grants.endings(self.user, [before.content], self._now, actor)
        return []

    def _update(self, held: list[Grant], forever: Grant | None) -> list[Action]:
        """Return the actions that update the access, and the grant that was given forever.

        Of that only attributes stay, which follow nothing.
        """
        context, actor, group = self.context, self.walk.actor, self.walk.group
        levels, items, before = context.access_levels, list[Action](), self.access
        access = with_members_grants(before, group, held, levels)
        if forever is not None:
            kept = replace(forever, areas={}, role="", revoked={})
            grants = [each for each in self._lasting() if each.key != forever.key]
            if kept.attributes:
                grants.append(kept)
                items = context.grants.replacements(self.user, [kept.content], actor)
            else:
                items = context.grants.endings(self.user, [forever.content], self._now, actor)
            for other in before.following.keys() - {group}:
                grants += following_grants(before, other).values()
            access = recomputed(before, [*grants, *held], levels)
            access = replace(access, defaults=before.defaults)
        update = context.grants.access_update(self.user, before, access, self._now, actor)
        return [update, *items]

    def _made_lasting(self, before: Grant, others: list[Grant]) -> list[Action]:
        """Return the actions that make a grant last, as the template gives forever by now."""
        context, actor, levels = self.context, self.walk.actor, self.context.access_levels
        grant = replace(before, follows=False, role_revoked="")
        for each in self._lasting() if grant.template in self.access.granted else ():
            if each.template == grant.template:
                grant = merged_grant(each, grant, levels)
        access = with_members_grants(self.access, self.walk.group, others, levels)
        access = with_grants(access, [grant], levels)
        return [
            context.grants.access_update(self.user, self.access, access, self._now, actor),
            *context.grants.following_deletions(self.user, [before.content]),
            *context.grants.replacements(self.user, [grant.content], actor),
        ]

    def _given_forever(self) -> Grant | None:
        """Return the grant that the membership brought before the template followed that."""
        if self.walk.template not in self.access.granted:
            return None
        for grant in self._lasting():
            if grant.key == (self.walk.template, "") and grant.group == self.walk.group:
                return grant if grant.areas or grant.role else None
        return None

    def _lasting(self) -> list[Grant]:
        grants = map(Grant.of, self.context.grants.read(self.user))
        return [grant for grant in grants if not grant.follows]
