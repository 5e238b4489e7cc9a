"""Grants of templates and operators to users, and the access that follows: the highest of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rollcall.model.access import Access
from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.template import Template


@dataclass(frozen=True)
class Grant:
    """What a user got, from which version of which template, and when.

    `group` is the id of the group of the template, if there is one. `revoked` maps work areas that
    an operator revoked to the instant of the revocation.
    """

    template: str
    version: int
    at: str
    areas: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    revoked: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        """The grant as it is stored."""
        return asdict(self)

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


def with_grants(access: Access, grants: Iterable[Grant], access_levels: AccessLevels) -> Access:
    """Return the access with further grants, which only add to it.

    Of two defaults of one attribute the first one stays.
    """
    areas, role = dict(access.areas), access.role
    defaults, granted = dict(access.defaults), dict(access.granted)
    for grant in grants:
        for area, level in grant.areas.items():
            areas[area] = access_levels.highest_level([level, areas.get(area, "")])
        role = access_levels.highest_role([role, grant.role])
        defaults = {**grant.attributes, **defaults}
        granted[grant.template] = grant.version
    return Access(areas, role, defaults, granted, access.awaited)


def recomputed(access: Access, grants: Iterable[Grant], access_levels: AccessLevels) -> Access:
    """Return the access by these grants alone, applied in the order of time."""
    ordered = sorted(grants, key=lambda grant: (grant.at, grant.template))
    return with_grants(Access(awaited=access.awaited), ordered, access_levels)


def merged_access(one: Access, other: Access, access_levels: AccessLevels) -> Access:
    """Return the access of two merged users: the highest of both, the defaults of `one` first."""
    areas = {
        area: access_levels.highest_level([one.areas.get(area, ""), other.areas.get(area, "")])
        for area in {**one.areas, **other.areas}
    }
    return Access(
        areas,
        access_levels.highest_role([one.role, other.role]),
        {**other.defaults, **one.defaults},
        {**other.granted, **one.granted},
        one.awaited,
    )


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
