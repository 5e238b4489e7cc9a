"""The grants of an earlier time, without what was revoked since.

Access never becomes higher than what was left of it: an operator's revocation holds, although the
grants are brought back from before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from rollcall.templates.access_levels import AccessLevels
from rollcall.templates.grants import Grant

Revocations = Mapping[str, str]
"""What operators revoked of one user, work areas and ROLE, and when."""

ROLE = "role"


def without_revoked(
    earlier: Iterable[Grant],
    present: Iterable[Grant],
    revoked: Revocations,
    access_levels: AccessLevels,
) -> list[Grant]:
    """Return earlier grants, each without what the present grant of the same key lacks.

    A grant that is missing at present, because its membership has ended, say, is returned without
    what operators have revoked of the user since.
    """
    by_key: Mapping[tuple[str, str], Grant] = {each.key: each for each in present}
    return [
        _lower(grant, by_key[grant.key], access_levels)
        if grant.key in by_key
        else _without(grant, revoked)
        for grant in earlier
    ]


def _without(grant: Grant, revoked: Revocations) -> Grant:
    areas = {area: at for area, at in revoked.items() if area in grant.areas}
    ends_role = ROLE in revoked and bool(grant.role)
    return replace(
        grant,
        areas={area: level for area, level in grant.areas.items() if area not in areas},
        role="" if ends_role else grant.role,
        revoked={**grant.revoked, **areas},
        role_revoked=revoked[ROLE] if ends_role and grant.follows else grant.role_revoked,
    )


def _lower(grant: Grant, present: Grant, access_levels: AccessLevels) -> Grant:
    areas = {}
    for area, level in grant.areas.items():
        if area in present.areas:
            areas[area] = _lowest(access_levels.highest_level, level, present.areas[area])
        elif area not in present.revoked:
            areas[area] = level  # it is missing without a revocation
    revoked = {area: at for area, at in present.revoked.items() if area not in areas}
    role = grant.role
    if present.role:
        role = role and _lowest(access_levels.highest_role, role, present.role)
    elif present.role_revoked or not present.follows:
        role = ""
    return replace(
        grant,
        areas=areas,
        role=role,
        revoked={**grant.revoked, **revoked},
        role_revoked=grant.role_revoked or present.role_revoked,
    )


def _lowest(highest: Callable[[Iterable[str]], str], one: str, other: str) -> str:
    return other if highest([one, other]) == one else one
