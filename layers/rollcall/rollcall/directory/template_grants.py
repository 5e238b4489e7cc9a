"""What New User Templates give to those who arrive: with their creation, and with memberships."""

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
    """Who may get something by becoming members of a group, and the templates as they were read."""

    newcomers: Mapping[str, NewUser] = field(default_factory=dict)
    templates: CurrentTemplates = field(default_factory=CurrentTemplates)


@dataclass(frozen=True)
class NewGrants:
    """What memberships bring: whose access changes, and the actions that change it."""

    users: frozenset[str] = frozenset()
    actions: list[Action] = field(default_factory=list)


NOTHING = NewGrants()


def grants_for_new_user(context: Context, record: Record) -> tuple[Record, list[Action]]:
    """Return a user who is about to be created with what it gets at once, and the grants.

    The templates are read and not checked in the transaction that follows: creations of one tenant
    would be in each other's way.
    """
    catalogue = Catalogue.of(context.templates.read())
    everyone = catalogue.everyone
    grants = [] if everyone is None else [Grant.from_template(everyone, record.created)]
    access = with_grants(Access(awaited=catalogue.awaited), grants, context.access_levels)
    contents = [each.content for each in grants]
    actions = context.grants.additions(record.id, contents, context.actor)
    return replace(record, access=access), actions


def binding(context: Context, group: Record, templates: CurrentTemplates) -> list[Action]:
    """Return the action that binds to a group the templates that wait for it."""
    waiting = Catalogue.of(templates).unbound_selectors(group.document)
    return context.templates.binding(waiting, group.id)


def unbinding(context: Context, group: str) -> list[Action]:
    """Return the action that frees from a group the templates that are bound to it."""
    bound = Catalogue.of(context.templates.read()).selectors_of(group)
    return context.templates.unbinding(bound, group)


def grants_for_new_members(
    context: Context, group: Record, new_members: NewMembers, now: str, origin: Actor
) -> NewGrants:
    """Return what newcomers get by becoming members of a group, of which `binding` is true.

    Reads the versions of templates that are no longer current and that somebody awaits.
    """
    catalogue, newcomers = Catalogue.of(new_members.templates), new_members.newcomers
    bound = dict.fromkeys(catalogue.unbound_selectors(group.document), group.id)
    catalogue = replace(catalogue, bound={**catalogue.bound, **bound})
    if not newcomers or not catalogue.selectors_of(group.id):
        return NOTHING
    versions = _versions(context, catalogue, newcomers)
    users, actions = set(), []
    for identifier, user in newcomers.items():
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
                context.grants.access_update(identifier, user.access, access, now, origin)
            )
            actions += context.grants.additions(
                identifier, (each.content for each in grants), origin
            )
    return NewGrants(frozenset(users), actions)


def holders(context: Context, area: str) -> Iterator[str]:
    """Yield the ids of the users with a grant that may give access to a work area.

    Looks for the versions of templates that name it, and for their grants; a user may be named
    more than once, and may have lost it again.
    """
    naming = (
        order_prefix(content["name"], content["version"])
        for content, _, _ in context.templates.history()
        if area in content["areas"]
    )
    return context.grants.users(chain(naming, [order_prefix(keys.BY_HAND)]))


def _versions(
    context: Context, catalogue: Catalogue, newcomers: Mapping[str, NewUser]
) -> dict[tuple[str, int], Template]:
    """Return the templates that newcomers await, by name and version."""
    known = {(each.name, each.version): each for each in catalogue.templates}
    awaited = {each for user in newcomers.values() for each in user.access.awaited.items()}
    older = context.templates.read_versions(awaited - known.keys())
    return {**known, **{each: Template.of(content) for each, content in older.items()}}
