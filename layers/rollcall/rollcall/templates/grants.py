"""Grants of templates and operators to users, and the access that follows: the highest of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rollcall.model.access import Access, FollowingGrants
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.template import Template


@dataclass(frozen=True)
class Grant:
    """What a user got, from which version of which template, and when.

    `group` is the id of the group of the template, if there is one. `revoked` maps work areas that
    an operator revoked to the instant of the revocation. `follows` says that the grant holds as
    long as the membership of the group; then `role_revoked` tells when its role was revoked.
    """

    template: str
    version: int
    at: str
    areas: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    revoked: Mapping[str, str] = field(default_factory=dict)
    follows: bool = False
    role_revoked: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """The grant as it is stored."""
        content = asdict(self)
        return {
            name: value
            for name, value in content.items()
            if value or name not in ("follows", "role_revoked")
        }

    @property
    def key(self) -> tuple[str, str]:
        """The template, and the group where the grant follows a membership."""
        return self.template, self.group if self.follows else ""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Grant:
        """Read what is stored."""
        return cls(**{name: content[name] for name in cls.__dataclass_fields__ if name in content})

    @classmethod
    def from_template(cls, template: Template, now: str, group: str = "") -> Grant:
        """Return the grant of a template."""
        return cls(
            template.name,
            template.version,
            now,
            template.areas,
            template.role,
            template.attributes,
            group,
        )

    @classmethod
    def of_member(
        cls, template: Template, now: str, group: str, before: Grant | None = None
    ) -> Grant:
        """Return the grant that a template gives to a member of its group.

        What an operator has revoked of the grant `before` stays revoked, as long as the user is a
        member.
        """
        before = before or cls(template.name, template.version, now)
        return cls(
            template.name,
            template.version,
            before.at,
            {area: level for area, level in template.areas.items() if area not in before.revoked},
            "" if before.role_revoked else template.role,
            group=group,
            revoked=before.revoked,
            follows=True,
            role_revoked=before.role_revoked,
        )

    def without(self, areas: Iterable[str], now: str, *, role: bool) -> Grant:
        """Return the grant without work areas, and without its role if `role`."""
        revoked = {area: now for area in areas if area in self.areas}
        return replace(
            self,
            areas={area: level for area, level in self.areas.items() if area not in revoked},
            role="" if role else self.role,
            revoked={**self.revoked, **revoked},
            role_revoked=now if role and self.role and self.follows else self.role_revoked,
        )


def following_grants(access: Access, group: str) -> dict[str, Grant]:
    """Return by template what the membership of a group gives."""
    return {
        template: Grant.of({**content, "template": template, "group": group, "follows": True})
        for template, content in access.following.get(group, {}).items()
    }


def with_members_grants(
    access: Access, group: str, grants: Iterable[Grant], access_levels: AccessLevels
) -> Access:
    """Return the access when the membership of a group gives exactly these grants."""
    contents = {grant.template: _kept(grant) for grant in grants}
    others = {other: each for other, each in access.following.items() if other != group}
    following = {**others, **({group: contents} if contents else {})}
    return _with_following(access.without_following, following, access_levels)


def _kept(grant: Grant) -> dict[str, Any]:
    """Return what is kept of a grant beside the access."""
    content = grant.content
    names = ("version", "at", "areas", "role", "revoked", "role_revoked")
    return {name: content[name] for name in names if content.get(name)}


def _with_following(
    lasting: Access, following: FollowingGrants, access_levels: AccessLevels
) -> Access:
    """Return the access with what memberships give, in addition to what lasts."""
    if not following:
        return lasting
    contents = [content for grants in following.values() for content in grants.values()]
    areas = _highest(access_levels, [lasting.areas, *(each.get("areas", {}) for each in contents)])
    role = access_levels.highest_role([lasting.role, *(each.get("role", "") for each in contents)])
    kept = {"areas": lasting.areas, "role": lasting.role}
    return replace(lasting, areas=areas, role=role, following=following, lasting=kept)


def _highest(access_levels: AccessLevels, several: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return the highest level of each work area."""
    areas: dict[str, str] = {}
    for each in several:
        for area, level in each.items():
            areas[area] = access_levels.highest_level([level, areas.get(area, "")])
    return areas


def with_grants(access: Access, grants: Iterable[Grant], access_levels: AccessLevels) -> Access:
    """Return the access with further grants that last, which only add to it.

    Of two defaults of one attribute the first one stays.
    """
    grants, lasting = list(grants), access.without_following
    defaults, granted = dict(access.defaults), dict(access.granted)
    for grant in grants:
        defaults = {**grant.attributes, **defaults}
        granted[grant.template] = grant.version
    areas = _highest(access_levels, [lasting.areas, *(grant.areas for grant in grants)])
    role = access_levels.highest_role([lasting.role, *(grant.role for grant in grants)])
    lasting = Access(areas, role, defaults, granted, access.awaited)
    return _with_following(lasting, access.following, access_levels)


def recomputed(access: Access, grants: Iterable[Grant], access_levels: AccessLevels) -> Access:
    """Return the access by these grants alone, applied in the order of time."""
    ordered = sorted(grants, key=lambda grant: (grant.at, *grant.key))
    following: dict[str, dict[str, Any]] = {}
    for grant in ordered:
        if grant.follows:
            following.setdefault(grant.group, {})[grant.template] = _kept(grant)
    lasting = (grant for grant in ordered if not grant.follows)
    result = with_grants(Access(awaited=access.awaited), lasting, access_levels)
    return _with_following(result, following, access_levels)


def merged_access(one: Access, other: Access, access_levels: AccessLevels) -> Access:
    """Return the access of two merged users: the highest of both, the defaults of `one` first.

    What memberships of `other` give comes when these become memberships of `one`.
    """
    following, one, other = one.following, one.without_following, other.without_following
    lasting = Access(
        _highest(access_levels, [one.areas, other.areas]),
        access_levels.highest_role([one.role, other.role]),
        {**other.defaults, **one.defaults},
        {**other.granted, **one.granted},
        one.awaited,
    )
    return _with_following(lasting, following, access_levels)


def merged_grant(one: Grant, other: Grant, access_levels: AccessLevels) -> Grant:
    """Return the grant `one` with what `other`, of the same template, gives in addition."""
    combined = with_grants(Access(), [one, other], access_levels)
    revoked = {area: at for area, at in one.revoked.items() if area not in combined.areas}
    return replace(
        one, areas=combined.areas, role=combined.role, attributes=combined.defaults, revoked=revoked
    )


def repaired_access(
    access: Access, contents: Iterable[Mapping[str, Any]], access_levels: AccessLevels
) -> Access | None:
    """Return the access by a user's stored grants, None where it is equal to `access`.

    Grants do not tell which of two defaults was first; either of them is right.
    """
    grants = [Grant.of(content) for content in contents]
    computed = recomputed(access, grants, access_levels)
    possible = {pair for grant in grants for pair in grant.attributes.items()}
    defaults = access.defaults
    if defaults.keys() == computed.defaults.keys() and defaults.items() <= possible:
        computed = replace(computed, defaults=defaults)
    return None if computed == access else computed
