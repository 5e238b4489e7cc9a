"""The access of a user with its grants, and access that an operator grants or revokes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.access import Access
from rollcall.model.record import Record
from rollcall.operations.accounts import AccountError, find_user
from rollcall.operations.operator import Operator
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.grant_items import GrantContent
from rollcall.storage.keys import BY_HAND
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.transactions import ConditionFailed
from rollcall.templates import template_file
from rollcall.templates.grants import Grant, recomputed
from rollcall.templates.template_file import TemplateError

__all__ = [
    "BY_HAND",
    "Grant",
    "Grants",
    "UserAccess",
    "access_of",
    "change_grants",
    "check",
    "grant",
    "read_access",
    "read_with_groups",
    "revoke",
    "with_groups",
]


@dataclass(frozen=True)
class UserAccess:
    """A user, the ids of its groups, and its grants with the actor of each, in order of time.

    `names` are those of the groups whose memberships give something, `levels` those that may be
    given here, the lowest first.
    """

    record: Record
    groups: tuple[str, ...]
    grants: tuple[tuple[Grant, str], ...]
    names: Mapping[str, str] = field(default_factory=dict)
    levels: tuple[str, ...] = ()

    @property
    def areas(self) -> list[str]:
        """The work areas that the user has or had, also while the account is disabled."""
        granted = (grant.areas for grant, _ in self.grants)
        return sorted({*self.record.access.areas, *chain.from_iterable(granted)})

    @property
    def holding(self) -> Access:
        """What the user may do now: nothing while the account is disabled."""
        access = self.record.access
        return access if self.record.active else replace(access, areas={}, role="")


MAX_NAMES = 100
"""How many names of groups are read in one round trip."""

Grants = Callable[[UserAccess, str], Collection[Grant]]
"""Returns the grants to write, from the access of a user and the present instant."""


def read_access(operator: Operator, tenant: str, name: str) -> UserAccess:
    """Return the access of a user. Raises AccountError when there is no such user."""
    context = operator.context(tenant)
    access = access_of(context, find_user(context, name).id)
    groups = context.resources.read_many(Kind.GROUP, access.record.access.following)
    names = {group: str(record.document["displayName"]) for group, record in groups.items()}
    return replace(access, names=names)


def read_with_groups(operator: Operator, tenant: str, identifier: str) -> UserAccess:
    """Return the access of the user with an id, with the names of its groups, in three round trips.

    Of more than MAX_NAMES groups some have no name here. Raises TenantError, AccountError.
    """
    context = operator.context(tenant)
    return with_groups(context, read_by_id(context, identifier))


def with_groups(context: Context, access: UserAccess) -> UserAccess:
    """Return the access of a user with the names of its first MAX_NAMES groups."""
    groups = context.resources.read_many(Kind.GROUP, access.groups[:MAX_NAMES])
    names = {group: str(record.document["displayName"]) for group, record in groups.items()}
    return replace(access, names=names)


def read_by_id(context: Context, identifier: str) -> UserAccess:
    """Return the access of the user with an id, in one round trip. Raises AccountError."""
    reads: list[Callable[[], Any]] = [
        lambda: context.resources.read_user(identifier),
        lambda: list(context.grants.read(identifier)),
    ]
    user, grants = at_once(reads)
    return _access(context, identifier, user, grants)


def access_of(context: Context, identifier: str) -> UserAccess:
    """Return the access of the user with this id, by the context of the caller."""
    user = context.resources.read_user(identifier)
    return _access(context, identifier, user, context.grants.read(identifier))


def _access(
    context: Context,
    identifier: str,
    user: tuple[Record, list[str]] | None,
    contents: Iterable[GrantContent],
) -> UserAccess:
    if user is None:
        raise AccountError(f"there is no user {identifier} in {context.tenant}")
    grants = [
        (Grant.of(content), content.get("origin", {}).get("actor", "")) for content in contents
    ]
    grants.sort(key=lambda pair: (pair[0].at, *pair[0].key))
    levels = context.access_levels.levels
    return UserAccess(user[0], tuple(user[1]), tuple(grants), levels=levels)


def check(operator: Operator, areas: Mapping[str, str], role: str = "") -> None:
    """Raise TemplateError for a level or a role that the deployment does not have."""
    template_file.check(areas, role, operator.services.settings.access_levels)


def grant(
    operator: Operator, tenant: str, name: str, areas: Mapping[str, str], role: str = ""
) -> Access:
    """Grant a user levels by work area, and a role; existing access never becomes lower.

    Raises TemplateError for an unknown level or role, AccountError for an unknown user.
    """
    check(operator, areas, role)

    def with_areas(access: UserAccess, now: str) -> list[Grant]:
        by_hand = (existing for existing, _ in access.grants if existing.template == BY_HAND)
        before = next(by_hand, Grant(BY_HAND, 0, now))
        return [
            replace(
                before,
                version=before.version + 1,
                areas={**before.areas, **areas},
                role=role or before.role,
                revoked={area: at for area, at in before.revoked.items() if area not in areas},
            )
        ]

    detail = ", ".join(
        [*(f"{area} {level}" for area, level in areas.items()), *filter(None, [role])]
    )
    return _change(operator, tenant, name, with_areas, action="grant", detail=detail)


def revoke(
    operator: Operator, tenant: str, name: str, areas: Iterable[str], *, role: bool = False
) -> Access:
    """Revoke work areas of a user, and its role, whatever granted them.

    Of what a membership gives they stay revoked as long as that holds.

    Raises TemplateError when the user does not have one of them.
    """
    revoked = list(areas)

    def without_areas(access: UserAccess, now: str) -> list[Grant]:
        current = access.record.access
        if missing := [area for area in revoked if area not in current.areas]:
            raise TemplateError(f"the user has no access to {', '.join(missing)}")
        if role and not current.role:
            raise TemplateError("the user has no role")
        return [
            existing.without(revoked, now, role=role)
            for existing, _ in access.grants
            if set(revoked) & set(existing.areas) or (role and existing.role)
        ]

    detail = ", ".join([*revoked, *(["role"] if role else [])])
    return _change(operator, tenant, name, without_areas, action="revoke", detail=detail)


def change_grants(
    context: Context, log: AuditLog, user: str, grants: Grants, *, action: str, detail: str = ""
) -> Access:
    """Replace the grants of a user by those of the same templates that `grants` returns.

    Returns the access that results from all grants. The log entry says `detail`, or else which
    templates were granted.
    """
    for _ in context.table.retry.attempts():
        access, now = access_of(context, user), context.now()
        changed = {grant.key: grant for grant in grants(access, now)}
        before = access.record.access
        if not changed:
            return before
        all_grants = {existing.key: existing for existing, _ in access.grants} | changed
        after = recomputed(before, all_grants.values(), context.access_levels)
        contents = [grant.content for grant in changed.values()]
        templates = [f"{grant.template} version {grant.version}" for grant in changed.values()]
        try:
            context.table.transact(
                [
                    context.grants.access_update(user, before, after, now, context.actor),
                    *context.grants.replacements(user, contents, context.actor),
                    *log.actions(action, f"User/{user}", detail or ", ".join(templates)),
                ]
            )
        except ConditionFailed:
            continue
        return after
    raise Unavailable("too many changes of one user at once", status=429)


def _change(
    operator: Operator, tenant: str, name: str, grants: Grants, *, action: str, detail: str
) -> Access:
    context = operator.context(tenant)
    log = AuditLog(operator.services.log(tenant), context.actor)
    user = find_user(context, name).id
    return change_grants(context, log, user, grants, action=action, detail=detail)
