"""Deletions of clients wait: an account is held, and then taken back, brought back or purged.

Each step is one transaction. The memberships of an account that an operator brings back are joined
one after the other; the item of the held account says which are left.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rollcall.directory import account_linking, deletion, merged_ids
from rollcall.directory.context import Context
from rollcall.directory.groups import Groups
from rollcall.model.access import Access
from rollcall.model.account_link import LINKED, AccountLink
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim.body import Document
from rollcall.scim.budget import Budget
from rollcall.scim.errors import SCIMException, Unavailable
from rollcall.scim.indexing import claim
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.grant_items import GrantContent
from rollcall.storage.held_accounts import HeldAccount
from rollcall.storage.resources import StoredUser
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.grants import Grant, recomputed

GROUPS_AT_ONCE = 50
"""After how many groups that an account has joined again it is noted which are left."""

PATCH_OP = account_linking.PATCH_OP


def hold(context: Context, user: StoredUser, now: str) -> tuple[list[Action], str]:
    """Return the actions that keep an account that is deleted, and until when it is kept.

    Nothing is kept, and the instant is empty, where the tenant's deletions do not wait.
    """
    if not context.grace:
        return [], ""
    record = user.record
    held = HeldAccount(
        id=record.id,
        document=record.document,
        version=record.version + 1,
        created=record.created,
        deleted=now,
        due=instant(datetime.fromisoformat(now) + timedelta(days=context.grace)),
        link=record.link,
        access=record.access.without_following,
        groups=tuple(user.groups),
        grants=tuple(user.grants),
        actor=context.actor,
    )
    return [context.held_accounts.holding(held)], held.due


def find(context: Context, document: Document) -> HeldAccount | None:
    """Return the held account that a POST takes back, the latest with its userName and externalId.

    Reads only where the POST has an externalId. Accounts may wait where no deletion does any more.
    """
    external_id = document.get("externalId")
    if not external_id:
        return None
    name = claim(Kind.USER, document).key
    for held in context.held_accounts.find(external_id):
        same = held.document.get("externalId") == external_id
        if same and claim(Kind.USER, held.document).key == name:
            return held
    return None


def take_back(context: Context, held: HeldAccount, posted: Document) -> tuple[Record, list[Action]]:
    """Return the record that a POST makes of a held account, and the actions that store it.

    What the POST says replaces what the account had; groups are the client's to say.
    """
    document = account_linking.merged(held.document, posted)
    document = merged_ids.with_current_manager(context, held.document, document)
    return bring_back(context, held, document, LINKED, groups=())


def bring_back(
    context: Context,
    held: HeldAccount,
    document: Document,
    link: AccountLink,
    groups: tuple[str, ...],
) -> tuple[Record, list[Action]]:
    """Return the record of a held account that lives again, and the actions that store it.

    Ends first what is left of its former memberships. Raises Unavailable where that takes long.
    """
    if not deletion.finish(context, held.id):
        raise Unavailable("the memberships of the deleted account are still being ended, try again")
    now = context.now()
    access, contents = _still_given(context, held)
    record = Record(
        Kind.USER,
        held.id,
        document,
        held.version + 1,
        held.created,
        now,
        link=link,
        access=access,
    )
    grants = [
        action
        for grant in contents
        for action in context.grants.additions(held.id, [grant], Actor(**grant["origin"]))
    ]
    hashes = context.gone_values.hashes(held.document)
    return record, [
        *context.writes.bringing_back(held.version, record),
        context.held_accounts.bringing_back(held, groups, now, context.actor),
        *context.gone_values.deletions(held.id, hashes),
        *grants,
    ]


def _still_given(context: Context, held: HeldAccount) -> tuple[Access, list[GrantContent]]:
    """Return the access that an account comes back with, and its grants.

    What a membership gave forever, and its template gives by now as long as that holds, does not
    come back but for attributes, which follow nothing.
    """
    if not any(each.get("group") for each in held.grants):
        return held.access, list(held.grants)
    catalogue = Catalogue.of(context.templates.read())
    contents: list[GrantContent] = []
    for content in held.grants:
        of_group = catalogue.following(content["group"]) if content.get("group") else ()
        if all(template.name != content["template"] for template in of_group):
            contents.append(content)
        elif content.get("attributes"):
            contents.append({**content, "areas": {}, "role": "", "revoked": {}})
    if contents == list(held.grants):
        return held.access, contents
    access = recomputed(held.access, map(Grant.of, contents), context.access_levels)
    return replace(access, defaults=held.access.defaults), contents


def finish_return(context: Context, identifier: str, seconds: float | None = None) -> bool:
    """Join groups again while time allows; return whether the account is in all that exist."""
    returned = context.held_accounts.returned(identifier)
    if returned is None:
        return True
    retry = context.table.retry
    deadline = retry.clock() + (seconds or retry.seconds)
    for joined, group in enumerate(returned.groups):
        is_over = retry.clock() > deadline
        if joined and (is_over or joined % GROUPS_AT_ONCE == 0):
            context.held_accounts.save_return(identifier, returned.groups[joined:])
        if is_over:
            return False
        _join(replace(context, actor=returned.actor, budget=Budget()), group, identifier)
    with suppress(ConditionFailed):  # it was deleted and held again meanwhile
        context.table.transact([context.held_accounts.finish_return(identifier)])
    return True


def _join(context: Context, group: str, identifier: str) -> None:
    """Make an account a member of a group, where that is still possible."""
    operation = {"op": "add", "path": "members", "value": [{"value": identifier}]}
    body: dict[str, Any] = {"schemas": [PATCH_OP], "Operations": [operation]}
    try:
        Groups(context).patch(group, body)
    except SCIMException as error:
        if error.status >= 500 or error.status == 429:
            raise


def purge(context: Context, held: HeldAccount, actor: Actor | None = None) -> bool:
    """Leave nothing of a held account but a tombstone; False when it is not held any more."""
    try:
        context.commit(context.held_accounts.purge(held, actor))
    except ConditionFailed:
        return False
    return True
