"""Writes what a restore plans: one transaction for each resource, in the copy or the live table.

A version never goes back: clients hold entity tags of versions that were later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice

from rollcall.aws.attribute_values import Item
from rollcall.directory import deletion
from rollcall.directory.context import Context
from rollcall.directory.directory import Directory
from rollcall.model.record import Record
from rollcall.operations.restore_plan import RestoredResource
from rollcall.scim.errors import InvalidValueException, NotFoundException
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys, large_change_items
from rollcall.storage.audit_log import AuditLog
from rollcall.storage.document_item import is_held
from rollcall.storage.index_entries import CLAIMED
from rollcall.storage.table import Table
from rollcall.storage.table_comparison import TableComparison, living
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.grants import Grant, recomputed

MEMBERS = 25
"""How many memberships one transaction changes: three items each, and the group's version."""

_NAMES = {Kind.USER: "userName", Kind.GROUP: "displayName"}


@dataclass
class RestoreWrites:
    """The writes of one restore of a tenant.

    `contexts` makes contexts of the table that is written, `comparison` has the copy and the live
    table. What could not be written is in `failed`, a sentence each.
    """

    contexts: Callable[[], Context]
    comparison: TableComparison
    at: datetime
    log: AuditLog
    failed: list[str] = field(default_factory=list)
    _waiting: dict[Kind, list[str]] = field(default_factory=dict)

    @cached_property
    def context(self) -> Context:
        """The context of the table that is written."""
        return self.contexts()

    @property
    def _into_copy(self) -> bool:
        return self.context.table.name == self.comparison.copy.name

    def before(self, outcome: RestoredResource) -> Record | None:
        """Return the resource in the table that is written."""
        return outcome.copy if self._into_copy else outcome.live

    def is_needed(self, outcome: RestoredResource) -> bool:
        """Tell whether anything has to be written for a resource."""
        before, after = self.before(outcome), outcome.after
        if before is None and self._into_copy:
            return False  # the copy stays without what came later
        if before is None or after is None:
            return (before is None) != (after is None)
        if _content(before) != _content(after):
            return True
        # What was served meanwhile had a later version, and clients may still know it.
        other = outcome.live if self._into_copy else None
        return other is not None and other.version > before.version

    def write(self, outcome: RestoredResource) -> None:
        """Write a resource. One whose name another one still has is put aside: see `waiting`."""
        outcome = self._with_living_groups(outcome)
        if not self.is_needed(outcome):
            return
        before = self.before(outcome)
        try:
            if outcome.after is None:
                self._delete(outcome.kind, outcome.id)
            elif before is None:
                self._commit(outcome, self._created(outcome.after))
            else:
                self._commit(outcome, self._replaced(outcome, before, outcome.after))
        except ConditionFailed:  # its name is taken, or another write raised its version
            self._waiting.setdefault(outcome.kind, []).append(outcome.id)
        except InvalidValueException as error:
            self.failed.append(f"{outcome.kind.value} {outcome.id}: {error.detail}")

    def waiting(self, kind: Kind) -> list[str]:
        """Return, and forget, the ids of the resources that were put aside."""
        return self._waiting.pop(kind, [])

    def free_name(self, outcome: RestoredResource) -> None:
        """Give a resource a name of its own, so that another one can have its name back."""
        if (before := self.before(outcome)) is None:
            return
        document = {**before.document, _NAMES[outcome.kind]: f"restored-{outcome.id}"}
        with suppress(ConditionFailed):
            self.context.table.transact(
                self.context.writes.replacement(before, document, self.context.now())
            )

    def members(self, copy: Record) -> Iterator[tuple[int, int]]:
        """Give a live group its members of the copy; yield how many were added and removed."""
        differences = self.comparison.members(copy)
        while batch := list(islice(differences, MEMBERS)):
            added = {member: kind for member, kind, in_copy in batch if in_copy}
            removed = {member: kind for member, kind, in_copy in batch if not in_copy}
            alive = living(self.context.table, self.context.tenant, {**added, **removed})
            added = {member: kind for member, kind in added.items() if member in alive}
            if added or removed:
                changed = {each: kind for each, kind in removed.items() if each in alive}
                self._change_members(copy.id, added, removed, {**added, **changed})
            yield len(added), len(removed)

    def finish(self) -> None:
        """Finish what is begun and not finished in the table that is written.

        The walks of templates are left to the sweep: they take several passes.
        """
        now = self.context.now()
        directory = Directory(self.context)
        for change in large_change_items.unfinished_changes(self.context.table, now):
            if change.tenant == self.context.tenant and not change.template:
                while not directory.finish(change):
                    pass
        for left in list(self.context.large_changes.unfinished_deletions()):
            while not deletion.finish(self.context, left):
                pass

    def bring_tombstones(self, source: Table) -> None:
        """Put the tombstones and aliases of a table where nothing is left of the id.

        What is held now is held in the copy as well. What was held at the time is not brought into
        the live table: it may have been purged or erased since.
        """
        for item in self.comparison.tombstones(source):
            condition, others = "attribute_not_exists(pk)", []
            if is_held(item):
                if not self._into_copy:
                    continue
                condition = "attribute_not_exists(document)"
                account = source.get(self.context.writes.keys.held(keys.identifier(item["pk"])))
                others = [_put(account)] if account is not None else []
            with suppress(ConditionFailed):
                tombstone = replace(_put(item), condition=condition)
                self.context.table.transact([tombstone, *others])

    def _with_living_groups(self, outcome: RestoredResource) -> RestoredResource:
        """Return the outcome without what memberships of groups give that are deleted again."""
        after, grants = outcome.after, outcome.grants
        if after is None or grants is None or not after.access.following:
            return outcome
        groups = dict.fromkeys(after.access.following, Kind.GROUP)
        gone = groups.keys() - living(self.context.table, self.context.tenant, groups)
        if not gone:
            return outcome
        left = tuple(each for each in grants if not (each.follows and each.group in gone))
        access = recomputed(after.access, left, self.context.access_levels)
        return replace(outcome, after=replace(after, access=access), grants=left)

    def _created(self, record: Record) -> list[Action]:
        """Return the actions for a resource of which nothing is left: its versions are unknown.

        No version takes less than a millisecond.
        """
        context = self.context
        passed = (context.clock() - self.at) // timedelta(milliseconds=1)
        record = replace(record, version=record.version + max(passed, 1), modified=context.now())
        return [
            *context.writes.creation(replace(record, pending="", epoch=0)),
            *self._flags(record),
        ]

    def _flags(self, record: Record) -> Iterator[Action]:
        if record.kind is not Kind.USER:
            return
        partition = self.context.writes.keys.partition(Kind.USER, record.id)
        for item in self.comparison.copy.query(partition, keys.FLAG):
            yield _put(item)

    def _replaced(self, outcome: RestoredResource, before: Record, after: Record) -> list[Action]:
        latest = max(each.version for each in (outcome.copy, outcome.live, before) if each)
        return self.context.writes.replacement(
            before,
            after.document,
            self.context.now(),
            beside=after,
            versions=latest - before.version + 1,
        )

    def _commit(self, outcome: RestoredResource, actions: Sequence[Action]) -> None:
        grants = outcome.grants
        changes = [] if grants is None else self._grants(outcome.id, grants)
        target = f"{outcome.kind.value}/{outcome.id}"
        detail = ", ".join(
            ["as of the restored time", *(f"{each} since" for each in outcome.again)]
        )
        entry = self.log.actions("restore", target, detail)
        actions = [_claiming(each, outcome.id) for each in actions]
        self.context.table.transact([*actions, *changes, *entry])

    def _grants(self, user: str, grants: Sequence[Grant]) -> Iterator[Action]:
        """Yield the actions that leave a user with exactly some grants."""
        context = self.context
        stored = {each.key: each for each in map(Grant.of, context.grants.read(user))}
        wanted = {each.key: each for each in grants}
        changed = [each.content for key, each in wanted.items() if stored.get(key) != each]
        yield from context.grants.replacements(user, changed, context.actor)
        ended = [each.content for key, each in stored.items() if key not in wanted]
        yield from context.grants.endings(user, ended, context.now(), context.actor)

    def _change_members(
        self,
        group: str,
        added: Mapping[str, Kind],
        removed: Mapping[str, Kind],
        changed: Mapping[str, Kind],
    ) -> None:
        memberships, now = self.context.memberships, self.context.now()
        detail = f"as of the restored time: {len(added)} added, {len(removed)} removed"
        self.context.table.transact(
            [
                *memberships.additions(group, added),
                *memberships.removals(group, removed, now),
                *memberships.version_updates({**changed, group: Kind.GROUP}, now),
                *self.log.actions("restore", f"Group/{group}", detail),
            ]
        )

    def _delete(self, kind: Kind, identifier: str) -> None:
        directory = Directory(self.contexts())  # the deletion has a log entry of its own
        delete = directory.users.delete if kind is Kind.USER else directory.groups.delete
        with suppress(NotFoundException):
            delete(identifier)


def _content(record: Record) -> tuple[object, ...]:
    return record.document, record.link, record.access


def _claiming(action: Action, identifier: str) -> Action:
    """Return an action that also succeeds where a claim was left over by the same resource."""
    if action.kind != "Put" or action.label != CLAIMED:
        return action
    condition = f"{action.condition} OR id = :id"
    return replace(action, condition=condition, values={**action.values, ":id": identifier})


def _put(item: Item) -> Action:
    """Return the action that puts an item as it is."""
    attributes = {name: value for name, value in item.items() if name not in ("pk", "sk")}
    return Action("Put", {"pk": item["pk"], "sk": item["sk"]}, item=attributes)
