"""The grants that New User Templates give to users: at their creation, and with memberships."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from rollcall.directory.context import Context
from rollcall.model.access import Access
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.storage import keys
from rollcall.storage.document_item import NewUser
from rollcall.storage.grant_items import order_prefix
from rollcall.storage.template_items import CurrentTemplates
from rollcall.storage.transactions import Action
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.grants import Grant, with_grants
from rollcall.templates.template import Template


@dataclass(frozen=True)
class NewMembers:
    """The users who may get grants by joining a group, and the templates as they were read."""

    users: Mapping[str, NewUser] = field(default_factory=dict)
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
    """Return the action that binds templates to a group that they name but are not bound to."""
    unbound = Catalogue.of(templates).unbound_selectors(group.document)
    return context.templates.binding(unbound, group.id)


def unbinding(context: Context, group: str) -> list[Action]:
    """Return the action that unbinds templates from a group that is deleted."""
    bound = Catalogue.of(context.templates.read()).selectors_of(group)
    return context.templates.unbinding(bound, group)


def grants_for_new_members(
    context: Context, group: Record, new_members: NewMembers, now: str, actor: Actor
) -> NewGrants:
    """Return the grants that users get by joining a group, as if `binding` were applied.

    Reads the older versions of templates that were current when the users were created.
    """
    catalogue, new_users = Catalogue.of(new_members.templates), new_members.users
    bound = dict.fromkeys(catalogue.unbound_selectors(group.document), group.id)
    catalogue = replace(catalogue, bound={**catalogue.bound, **bound})
    if not new_users or not catalogue.selectors_of(group.id):
        return NO_GRANTS
    versions = _versions(context, catalogue, new_users)
    users, actions = set(), []
    for identifier, user in new_users.items():
        grants = [
            Grant.from_template(version, now, group.id)
            for each in user.access.awaited.items()
            if (version := versions.get(each)) is not None
            and catalogue.grants(group.id, user, version, now)
        ]
        if grants:
            access = with_grants(user.access, grants, context.access_levels)
            users.add(identifier)
            actions.append(
                context.grants.access_update(identifier, user.access, access, now, actor)
            )
            actions += context.grants.additions(
                identifier, (each.content for each in grants), actor
            )
    return NewGrants(frozenset(users), actions)


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
    context: Context, catalogue: Catalogue, new_users: Mapping[str, NewUser]
) -> dict[tuple[str, int], Template]:
    """Return the templates that new users may still get, by name and version."""
    known = {(each.name, each.version): each for each in catalogue.templates}
    awaited = {each for user in new_users.values() for each in user.access.awaited.items()}
    older = context.templates.read_versions(awaited - known.keys())
    return {**known, **{each: Template.of(content) for each, content in older.items()}}
