"""Merge two accounts of one person: planned, shown, carried out, and finished.

One transaction changes what clients can see of the accounts; memberships and managers follow in
steps that may be repeated.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from rollcall.directory import deletion, merged_ids
from rollcall.directory.context import Context
from rollcall.model.merging import merge_documents, replace_manager
from rollcall.model.progress import Progress
from rollcall.model.record import Record
from rollcall.operations.accounts import AccountError, commit, find_user
from rollcall.operations.operator import Operator
from rollcall.reconcile import entra_next_steps
from rollcall.scim.errors import Unavailable
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import next_version
from rollcall.storage.table import MAX_BATCH
from rollcall.storage.transactions import Action
from rollcall.templates.grants import Grant, merged_access, merged_grant


@dataclass(frozen=True)
class MergePlan:
    """Two accounts that become one: `before` and `after` of the survivor, `removed` is the other.

    The id of the removed account answers as `stub`, or as the survivor where that is None. `groups`
    are the ids of the removed account's groups; `next_steps` are for the administrator of Entra ID.
    """

    before: Record
    after: Record
    removed: Record
    stub: Mapping[str, Any] | None
    groups: tuple[str, ...]
    next_steps: Sequence[str]


@dataclass(frozen=True)
class MergedIds:
    """The ids of two accounts that were merged."""

    survivor: str
    removed: str


def plan_merge(
    operator: Operator, tenant: str, keep: str, remove: str, idp_deletes: str | None = None
) -> MergePlan:
    """Plan to merge two accounts.

    The survivor is the account whose id the identity provider knows. If it knows both, the survivor
    is not the one that `idp_deletes` names, whose person is deleted there. Raises AccountError when
    an account is protected, and when `idp_deletes` is missing or does not apply.
    """
    context = operator.context(tenant)
    kept, removed = find_user(context, keep), find_user(context, remove)
    if kept.id == removed.id:
        raise AccountError(f"{keep} and {remove} are one account")
    for record in (kept, removed):
        if record.link.protected:
            raise AccountError(f"{record.user_name} is protected: unprotect it first")
    deleted = None if idp_deletes is None else find_user(context, idp_deletes).id
    survivor, other = _survivor(kept, removed, deleted)
    document = merge_documents(survivor.document, kept.document, removed.document)
    document = replace_manager(document, other.id, survivor.id, survivor.id)
    after = next_version(survivor, document, context.now())
    access = merged_access(survivor.access, other.access, context.access_levels)
    stub = None if other.link.local else {**other.document, "active": False}
    _, groups = context.resources.read_user(other.id) or (None, [])
    steps = entra_next_steps.after_merge(
        survivor.id, other.id, linked=not survivor.link.local, stub=stub is not None
    )
    return MergePlan(survivor, replace(after, access=access), other, stub, tuple(groups), steps)


def merge(operator: Operator, tenant: str, plan: MergePlan) -> MergedIds:
    """Carry out a plan, except for memberships and managers: `finish_merge` does the rest.

    Raises AccountError when one of the accounts has changed since it was planned.
    """
    context = operator.context(tenant)
    survivor, removed, now = plan.before, plan.removed, context.now()
    writes = [
        *context.writes.replacement(survivor, plan.after.document, now, beside=plan.after),
        *_inherited_grants(context, survivor, removed),
        *context.aliases.creation(removed, survivor.id, plan.stub, now),
        context.large_changes.start_of_deletion(
            Kind.USER, removed.id, context.actor, now, survivor.id
        ),
    ]
    became = "a stub" if plan.stub is not None else "an alias"
    detail = (
        f"{removed.id} ({removed.link}) became {became} of {survivor.id} ({survivor.link}), "
        f"with {len(plan.groups)} groups"
    )
    context.log.describe("merge", detail)
    commit(context, survivor, plan.after, writes)
    with suppress(Unavailable):  # the sweep or finish_merge finishes it
        deletion.finish(context, removed.id)
    return MergedIds(survivor.id, removed.id)


def find_merged(operator: Operator, tenant: str, first: str, second: str) -> MergedIds | None:
    """Return the ids of two accounts that have been merged, None when they have not."""
    context = operator.context(tenant)
    for removed, other in ((second, first), (first, second)):
        alias = context.aliases.read(removed)
        if alias is not None and alias.survivor == merged_ids.survivor(context, other):
            return MergedIds(alias.survivor, removed)
    return None


def finish_merge(
    operator: Operator, tenant: str, ids: MergedIds
) -> Generator[Progress, None, None]:
    """Give the survivor the memberships of the removed account, and the users that it managed.

    Yields how many accounts it has read to find these users. May be repeated at any point.
    """
    context = operator.context(tenant)
    while not deletion.finish(context, ids.removed):
        yield Progress(step="memberships")
    context.log.describe("merge", f"the manager {ids.removed} is {ids.survivor}")
    identifiers, done = context.resources.ids(Kind.USER), 0
    while batch := list(islice(identifiers, MAX_BATCH)):
        for record in context.resources.read_many(Kind.USER, batch).values():
            if _with_manager(record, ids) != record.document:
                _change_manager(context, record.id, ids)
        done += len(batch)
        yield Progress(done, unit="accounts read", step="managers:")


def _survivor(kept: Record, removed: Record, deleted: str | None) -> tuple[Record, Record]:
    """Return the survivor, and the other account."""
    if kept.link.local or removed.link.local:
        if deleted is not None:
            raise AccountError("only one of the two is linked: none is deleted")
        knows_removed_only = kept.link.local and not removed.link.local
        return (removed, kept) if knows_removed_only else (kept, removed)
    if deleted not in {kept.id, removed.id}:
        raise AccountError(
            "both are linked: name the one of the two whose person is gone in the identity provider"
        )
    return (kept, removed) if deleted == removed.id else (removed, kept)


def _inherited_grants(context: Context, survivor: Record, removed: Record) -> list[Action]:
    """Return the actions that give the removed account's grants to the survivor.

    Where both have a grant of the same template, or by hand, the highest levels of the two remain.
    What follows memberships comes with them.
    """
    inherited = {
        content["template"]: content
        for content in context.grants.read(removed.id)
        if not content.get("follows")
    }
    existing = {
        content["template"]: content
        for content in context.grants.read(survivor.id)
        if not content.get("follows")
    }
    new = [content for template, content in inherited.items() if template not in existing]
    raised = [
        merged_grant(Grant.of(existing[template]), Grant.of(content), context.access_levels).content
        for template, content in inherited.items()
        if template in existing
    ]
    return [
        *context.grants.additions(survivor.id, new, context.actor),
        *context.grants.replacements(survivor.id, raised, context.actor),
        *context.grants.deletions(removed.id, removed.access.granted),
    ]


def _with_manager(record: Record, ids: MergedIds) -> dict[str, Any]:
    return replace_manager(record.document, ids.removed, ids.survivor, record.id)


def _change_manager(context: Context, identifier: str, ids: MergedIds) -> None:
    for attempt in context.attempts(Kind.USER):
        with attempt.commit():
            record = context.resources.read(Kind.USER, identifier)
            if record is None:
                return
            document = _with_manager(record, ids)
            if document != record.document:
                context.log.set_change(record, document, ())
                context.commit(context.writes.replacement(record, document, context.now()))
