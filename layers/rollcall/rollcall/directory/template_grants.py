"""The grants that New User Templates give to users: at their creation, and with memberships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from rollcall.directory.context import Context
from rollcall.model.access import Access
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.document_item import MemberAccess
from rollcall.storage.grant_items import order_prefix
from rollcall.storage.large_change_items import MemberChanges
from rollcall.storage.template_items import CurrentTemplates
from rollcall.storage.transactions import Action
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.grants import (
    Grant,
    following_grants,
    with_grants,
    with_members_grants,
)
from rollcall.templates.template import Template

MAX_FOLLOWING = 50
"""How many templates may give to one user as long as memberships hold: they are kept in one item
with the user's document, which holds 400 kB."""


@dataclass(frozen=True)
class ConcernedUsers:
    """The access of users whose memberships change, and the templates as they were read."""

    users: Mapping[str, MemberAccess] = field(default_factory=dict)
    templates: CurrentTemplates = field(default_factory=CurrentTemplates)


@dataclass(frozen=True)
class NewGrants:
    """The users whose access changes with memberships, and the actions that change it."""

    users: frozenset[str] = frozenset()
    actions: list[Action] = field(default_factory=list)


NO_GRANTS = NewGrants()


def grants_for_new_user(context: Context, record: Record) -> tuple[Record, list[Action]]:
    """Return a new user with its access, and the actions that store its grants.

    The transaction that creates the user does not check that the templates are still the same, as
    parallel creations in one tenant would conflict.
    """
    catalogue = Catalogue.of(context.templates.read())
    everyone = catalogue.everyone
    grants = [] if everyone is None else [Grant.from_template(everyone, record.created)]
    access = with_grants(Access(awaited=catalogue.awaited), grants, context.access_levels)
    contents = [each.content for each in grants]
    actions = context.grants.additions(record.id, contents, context.actor)
    return replace(record, access=access), actions


def binding(context: Context, group: Record, templates: CurrentTemplates) -> list[Action]:
    """Return the actions that bind templates to a group that they name but are not bound to.

    Its members get what follows their memberships by a walk.
    """
    catalogue = Catalogue.of(templates)
    unbound = catalogue.unbound_selectors(group.document)
    bound = catalogue.bound_to(group.id, group.document) if unbound else catalogue
    walks = [
        context.template_walks.start(template.name, group.id, context.now(), context.actor)
        for template in bound.following(group.id)
        if template not in catalogue.following(group.id)
    ]
    return [*context.templates.binding(unbound, group.id), *walks]


def unbinding(context: Context, group: str) -> list[Action]:
    """Return the action that unbinds templates from a group that is deleted."""
    bound = Catalogue.of(context.templates.read()).selectors_of(group)
    return context.templates.unbinding(bound, group)


def with_access(
    context: Context, group: Record, changes: MemberChanges, concerned: ConcernedUsers
) -> ConcernedUsers:
    """Return users whose memberships change with the access of all for whom it may change.

    Reads what was not read with the members: where many are named, or all are replaced.
    """
    catalogue = Catalogue.of(concerned.templates).bound_to(group.id, group.document)
    members = dict(changes.removed) if concerned.templates.followed else {}
    if catalogue.selectors_of(group.id):
        members |= changes.added
    unknown = [
        each for each, kind in members.items() if kind is Kind.USER and each not in concerned.users
    ]
    if not unknown:
        return concerned
    return replace(concerned, users={**concerned.users, **context.memberships.read_access(unknown)})


def check_following(
    context: Context, group: Record, changes: MemberChanges, concerned: ConcernedUsers
) -> None:
    """Raise InvalidValueException when too many templates would give to one of the new members."""
    catalogue = Catalogue.of(concerned.templates).bound_to(group.id, group.document)
    more = len(catalogue.following(group.id))
    if not more:
        return
    for identifier, user in with_access(context, group, changes, concerned).users.items():
        others = (each for other, each in user.access.following.items() if other != group.id)
        held = sum(map(len, others))
        if identifier in changes.added and held + more > MAX_FOLLOWING:
            raise InvalidValueException(
                detail=f"members: memberships of {identifier} give what {held} templates say, and "
                f"the membership of {group.id} would add {more}: {MAX_FOLLOWING} are possible"
            )


def grants_with_memberships(
    context: Context,
    group: Record,
    changes: MemberChanges,
    concerned: ConcernedUsers,
    *,
    now: str,
    actor: Actor,
) -> NewGrants:
    """Return the grants that begin and end with memberships of a group, as if `binding` were done.

    Reads the older versions of templates that were current when the users were created.
    """
    catalogue = Catalogue.of(concerned.templates).bound_to(group.id, group.document)
    following = catalogue.following(group.id)
    joining = {each: user for each, user in concerned.users.items() if each in changes.added}
    lasting = _lasting_grants(context, catalogue, group.id, joining, now)
    users, actions = set(), []
    for identifier, user in concerned.users.items():
        before = following_grants(user.access, group.id)
        new = lasting.get(identifier, [])
        if identifier in changes.added:
            after = [Grant.of_member(each, now, group.id) for each in following]
        elif identifier in changes.removed:
            after = []
        else:
            continue
        if before or after or new:
            users.add(identifier)
            access = with_grants(user.access, new, context.access_levels)
            access = with_members_grants(access, group.id, after, context.access_levels)
            grants, items = context.grants, [each.content for each in after]
            ended = [each.content for name, each in before.items() if identifier in changes.removed]
            actions += [
                grants.access_update(identifier, user.access, access, now, actor),
                *grants.additions(identifier, (each.content for each in new), actor),
                *grants.replacements(identifier, items, actor),
                *grants.endings(identifier, ended, now, actor),
            ]
    return NewGrants(frozenset(users), actions)


def _lasting_grants(
    context: Context,
    catalogue: Catalogue,
    group: str,
    joining: Mapping[str, MemberAccess],
    now: str,
) -> dict[str, list[Grant]]:
    """Return the grants that users get forever by joining a group, by their ids."""
    new_users = {each: user for each, user in joining.items() if user.access.awaited}
    if not new_users or not catalogue.selectors_of(group):
        return {}
    versions = _versions(context, catalogue, new_users)
    return {
        identifier: [
            Grant.from_template(version, now, group)
            for each in user.access.awaited.items()
            if (version := versions.get(each)) is not None
            and catalogue.grants(group, user, version, now)
        ]
        for identifier, user in new_users.items()
    }


def holders(context: Context, area: str) -> Iterator[str]:
    """Yield the ids of the users with a grant that may give access to a work area.

    Finds the versions of templates that name it, and their grants; an id may come more than once,
    and the access may have been revoked since.
    """
    orders = (
        order_prefix(content["name"], content["version"])
        for content, _, _ in context.templates.history()
        if area in content["areas"]
    )
    return context.grants.users(chain(orders, [order_prefix(keys.BY_HAND)]))


def _versions(
    context: Context, catalogue: Catalogue, new_users: Mapping[str, MemberAccess]
) -> dict[tuple[str, int], Template]:
    """Return the templates that new users may still get, by name and version."""
    known = {(each.name, each.version): each for each in catalogue.templates}
    awaited = {each for user in new_users.values() for each in user.access.awaited.items()}
    older = context.templates.read_versions(awaited - known.keys())
    return {**known, **{each: Template.of(content) for each, content in older.items()}}
