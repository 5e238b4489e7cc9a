"""What operators do to accounts: protect, unlink, relink and merge, each planned before it is done.

A plan says what is and what will be; carrying it out is one transaction under the condition that
what is has not changed since. What a merge leaves to do for memberships is done after it,
resumably.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from rollcall.directory import deletion, merged_ids
from rollcall.directory.context import Context, missing
from rollcall.model.account_link import LinkState
from rollcall.model.merging import merged, reassigned
from rollcall.model.record import Record
from rollcall.scim import names
from rollcall.scim.errors import (
    ConflictException,
    MutabilityException,
    Unavailable,
    UniquenessException,
)
from rollcall.scim.resource_models import Kind
from rollcall.storage.document_item import successor
from rollcall.storage.index_entries import CLAIMED
from rollcall.storage.table import MAX_BATCH
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.grants import Grant, combined, together


@dataclass(frozen=True)
class AccountPlan:
    """An account as it is and as it will be; `action` is what is done to it."""

    action: str
    before: Record
    after: Record

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after

    @property
    def detail(self) -> str:
        """What the log says of it: states and ids, and no data of anybody's."""
        return f"{self.before.link} → {self.after.link}"


@dataclass(frozen=True)
class MergePlan(AccountPlan):
    """Two accounts that become one: `before` is the one whose id stays, `removed` the other.

    `stub` is what the other id goes on answering with, None where it only means the survivor;
    `groups` are those of the removed one.
    """

    removed: Record = field(kw_only=True)
    stub: Mapping[str, Any] | None = None
    groups: tuple[str, ...] = ()

    @property
    def detail(self) -> str:
        """What the log says of it: which id stays, and what becomes of the other."""
        left = "a stub" if self.stub is not None else "an alias"
        said = f"{self.removed.id} ({self.removed.link}) became {left} of {self.before.id}"
        return f"{said} ({self.before.link}), with {len(self.groups)} groups"


class AccountChanges:
    """The accounts of one tenant, as operators handle them."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def find(self, named: str) -> Record:
        """Return an account by its id, by an id that was merged into it, or by its userName.

        Raises NotFoundException.
        """
        record = self._context.resources.named(Kind.USER, named)
        if record is None:
            raise missing(Kind.USER, named)
        return record

    def protect(self, named: str, *, protected: bool = True) -> AccountPlan:
        """Plan that no client may change an account any more, or that clients may again."""
        record = self.find(named)
        after = replace(record, link=replace(record.link, protected=protected))
        return AccountPlan("protect" if protected else "unprotect", record, after)

    def unlink(self, named: str) -> AccountPlan:
        """Plan that an account is the product's own again: without externalId, all else as it is.

        Raises ConflictException when it is not linked.
        """
        record = self.find(named)
        if record.link.local:
            raise ConflictException(detail=f"{_name(record)} is not linked")
        document = {name: each for name, each in record.document.items() if name != "externalId"}
        return self._planned("unlink", record, document, LinkState.LOCAL)

    def relink(
        self, named: str, external_id: str | None = None, user_name: str | None = None
    ) -> AccountPlan:
        """Plan that an account is linked, to a person of this externalId, found by this userName.

        Raises MutabilityException for a protected account, which is never linked.
        """
        record = self.find(named)
        if record.link.protected:
            raise MutabilityException(detail=f"{_name(record)} is protected: unprotect it first")
        document = dict(record.document)
        document |= {"externalId": external_id} if external_id else {}
        document |= {"userName": user_name} if user_name else {}
        names.check(Kind.USER, record.document, document)
        return self._planned("relink", record, document, LinkState.LINKED)

    def merge(self, keep: str, remove: str, idp_deletes: str | None = None) -> MergePlan:
        """Plan that two accounts become one.

        The id that stays is the one that the identity provider knows; where it knows both,
        `idp_deletes` names the account whose person is gone there, whose id stays as a stub. Raises
        ConflictException where that is not so, MutabilityException where one is protected.
        """
        kept, removed = self.find(keep), self.find(remove)
        if kept.id == removed.id:
            raise ConflictException(detail=f"{keep} and {remove} are one account")
        for each in (kept, removed):
            if each.link.protected:
                raise MutabilityException(detail=f"{_name(each)} is protected: unprotect it first")
        stays, goes = self._parted(kept, removed, idp_deletes)
        document = merged(stays.document, kept.document, removed.document)
        document = reassigned(document, goes.id, stays.id, stays.id)
        access = together(stays.access, goes.access, self._context.access_levels)
        after = successor(stays, document, self._context.now())
        _, groups = self._context.resources.read_user(goes.id) or (None, [])
        return MergePlan(
            "merge",
            stays,
            replace(after, access=access),
            removed=goes,
            stub=None if goes.link.local else {**goes.document, "active": False},
            groups=tuple(groups),
        )

    def begun(self, keep: str, remove: str) -> tuple[str, str] | None:
        """Return the removed id and the survivor's of a merge that is done, or not all of it.

        None when neither of the two was merged into the other.
        """
        for removed, other in ((remove, keep), (keep, remove)):
            alias = self._context.aliases.read(removed)
            if alias is not None and alias.survivor == merged_ids.survivor(self._context, other):
                return removed, alias.survivor
        return None

    def finish(self, removed: str) -> bool:
        """Go on with the memberships of a merged account; tell whether none is left."""
        return deletion.finish(self._context, removed)

    def carry_out(self, plan: AccountPlan) -> None:
        """Do what was planned, unless it has changed since: then ConflictException says so.

        Memberships of a merge follow in steps, which the sweep goes on with if they break off.
        """
        context, now = self._context, self._context.now()
        if not plan.changes and not isinstance(plan, MergePlan):
            return
        beside = ["link"] if plan.after.link != plan.before.link else []
        context.log.describe(plan.action, plan.detail)
        context.log.set_change(plan.before, dict(plan.after.document), (), *beside)
        try:
            context.commit(self._actions(plan, now))
        except ConditionFailed as error:
            if error.labels == {CLAIMED}:
                name = plan.after.document["userName"]
                raise UniquenessException(detail=f"{name} is another account's name") from error
            raise ConflictException(
                detail=f"{_name(plan.before)} has changed meanwhile, look again"
            ) from error
        if isinstance(plan, MergePlan):
            with suppress(Unavailable):  # what is left the sweep does
                deletion.finish(context, plan.removed.id)

    def reassign(self, removed: str, heir: str) -> Iterator[int]:
        """Make the survivor of a merge the manager of whose manager was removed.

        Yields how many users were looked at so far; may be repeated at any point.
        """
        context, looked_at = self._context, 0
        context.log.describe("merge", f"the manager {removed} is {heir}")
        listed = context.resources.listed(Kind.USER)
        while batch := list(islice(listed, MAX_BATCH)):
            for record in context.resources.read_many(Kind.USER, batch).values():
                if reassigned(record.document, removed, heir, record.id) != record.document:
                    self._reassign(record.id, removed, heir)
            looked_at += len(batch)
            yield looked_at

    def _reassign(self, identifier: str, removed: str, heir: str) -> None:
        context = self._context
        for attempt in context.attempts(Kind.USER):
            with attempt.commit():
                record = context.resources.read(Kind.USER, identifier)
                if record is None:
                    return
                document = reassigned(record.document, removed, heir, record.id)
                if document != record.document:
                    context.log.set_change(record, document, ())
                    context.commit(context.writes.replacement(record, document, context.now()))

    def _parted(
        self, kept: Record, removed: Record, idp_deletes: str | None
    ) -> tuple[Record, Record]:
        """Return the account whose id stays, and the other."""
        if kept.link.local or removed.link.local:
            if idp_deletes is not None:
                raise ConflictException(detail="only one of the two is linked: none is deleted")
            return (
                (removed, kept) if kept.link.local and not removed.link.local else (kept, removed)
            )
        gone = None if idp_deletes is None else self.find(idp_deletes).id
        if gone not in {kept.id, removed.id}:
            raise ConflictException(
                detail="both are linked: name the one whose person is gone in the identity "
                "provider, of the two"
            )
        return (kept, removed) if gone == removed.id else (removed, kept)

    def _planned(
        self, action: str, record: Record, document: dict[str, Any], state: LinkState
    ) -> AccountPlan:
        link = replace(record.link, state=state)
        if document == record.document:
            return AccountPlan(action, record, replace(record, link=link))
        return AccountPlan(action, record, successor(record, document, self._context.now(), link))

    def _inheritance(self, plan: MergePlan) -> list[Action]:
        """Return the actions that make the removed account's grants the survivor's.

        Where both have a grant of one template, or by hand, it becomes the highest of the two.
        """
        context, stays, goes = self._context, plan.before, plan.removed
        inherited = {each["template"]: each for each in context.grants.of(goes.id)}
        own = {each["template"]: each for each in context.grants.of(stays.id)}
        new = [each for template, each in inherited.items() if template not in own]
        more = [
            combined(Grant.of(own[template]), Grant.of(each), context.access_levels).content
            for template, each in inherited.items()
            if template in own
        ]
        return [
            *context.grants.giving(stays.id, new, context.actor),
            *context.grants.replacing(stays.id, more, context.actor),
            *context.grants.taking(goes.id, goes.access.granted),
        ]

    def _actions(self, plan: AccountPlan, now: str) -> list[Action]:
        writes, before, after = self._context.writes, plan.before, plan.after
        if isinstance(plan, MergePlan):
            return [
                *writes.replacement(before, after.document, now, beside=after),
                *self._inheritance(plan),
                *self._context.aliases.retirement(plan.removed, before.id, plan.stub, now),
                self._context.large_changes.leaving(
                    Kind.USER, plan.removed.id, self._context.actor, now, before.id
                ),
            ]
        if after.document == before.document:
            return writes.linking(before, after.link)
        return writes.replacement(before, after.document, now, beside=after)


def _name(record: Record) -> str:
    return str(record.document["userName"])
