"""Groups: create, read, replace, patch, delete (RFC 7644 sections 3.3 to 3.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scim2_models import Context as Shape

from rollcall.directory import (
    deletion,
    large_changes,
    member_changes,
    response_limits,
    template_grants,
)
from rollcall.directory.context import Answer, Context, missing
from rollcall.directory.member_changes import MemberChange
from rollcall.directory.precondition import NO_PRECONDITION, Precondition
from rollcall.directory.reservation import reserving
from rollcall.model.absent_members import AbsentMembers
from rollcall.model.record import Record
from rollcall.scim import body, patch
from rollcall.scim.body import Document
from rollcall.scim.errors import Unavailable
from rollcall.scim.member_operations import Add, Clear, Operation, needs_all
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import TOMBSTONE_DAYS, next_version
from rollcall.storage.index_entries import CHANGED
from rollcall.storage.transactions import ConditionFailed

Edit = Callable[[Document], Document]


class Groups:
    """The groups of one tenant."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def create(self, payload: Any, identifier: str | None = None) -> Answer:
        """Create a group with its members. Raises UniquenessException when its name is taken."""
        read = body.read(Kind.GROUP, payload, Shape.RESOURCE_CREATION_REQUEST)
        context = self._context
        identifier, now = identifier or context.new_id(), context.now()
        record = Record(Kind.GROUP, identifier, read.document, 1, now, now)
        operations = [Add(tuple(read.members))] if read.members else []
        change = MemberChange()
        for attempt in context.attempts(Kind.GROUP):
            with attempt.commit():
                _, change = member_changes.difference(context, identifier, operations)
                change.check()
                creation = [
                    *context.writes.creation(record),
                    *template_grants.binding(context, record, change.users.templates),
                ]
                skipped = [*read.ignored, *change.skipped]
                context.log.set_change(record, record.document, skipped, *change.names)
                large_changes.commit(context, record, change, creation, now)
        most = response_limits.most_members(context.base_url)
        members = change.added if len(change.added) <= most else {}
        return self._answer(record, members, [*read.ignored, *change.skipped])

    def read(self, identifier: str, *, members: bool = True, after_write: bool = False) -> Answer:
        """Read a group; without its members they are not read either.

        Raises NotFoundException, and TooManyException when no answer holds the members; an answer
        to a write leaves them out instead.
        """
        if not members:
            return self._answer(self._read(identifier), {})
        most = response_limits.most_members(self._context.base_url)
        group = self._context.group_members.read(identifier, most)
        if group is None:
            raise missing(Kind.GROUP, identifier)
        if not (group.complete or after_write):
            raise response_limits.too_many_members(identifier)
        return self._answer(group.record, group.members if group.complete else {})

    def replace(
        self,
        identifier: str,
        payload: Any,
        precondition: Precondition = NO_PRECONDITION,
        *,
        members: bool = True,
    ) -> Answer:
        """Replace what clients may write of a group.

        When no members are sent, the tenant's policy says whether they stay; the log notes it.
        """
        read = body.read(Kind.GROUP, payload, Shape.RESOURCE_REPLACEMENT_REQUEST)
        operations: list[Operation] = []
        if read.members is not None:
            operations = [Clear(), Add(tuple(read.members))]
        elif self._context.absent_members is AbsentMembers.CLEAR:
            operations = [Clear()]
        else:
            self._context.log.set_detail("no members were sent: they are kept")

        def edit(before: Document) -> Document:
            return body.replace(Kind.GROUP, before, read.document)

        written = self._edit(identifier, edit, operations, precondition, read.ignored)
        return self.read_written(written, members=members)

    def read_written(self, written: Answer, *, members: bool = True) -> Answer:
        """Read a group after a write; where that fails, return the answer to the write.

        A write that was applied is not answered with an error that asks to repeat it.
        """
        try:
            answer = self.read(written.record.id, members=members, after_write=True)
        except Unavailable:
            return written
        return replace(answer, ignored=written.ignored)

    def patch(
        self, identifier: str, payload: Any, precondition: Precondition = NO_PRECONDITION
    ) -> Answer:
        """Apply the operations of a PATCH, all or none; what changes nothing writes nothing.

        The answer has no members: reading them would cost more than the change. Its version is at
        most the one that the group has now; other writers may have raised that.
        """
        request = patch.read(Kind.GROUP, payload, self._context.budget)
        return self._edit(identifier, request.apply, request.members, precondition, request.ignored)

    def delete(self, identifier: str, precondition: Precondition = NO_PRECONDITION) -> None:
        """Delete a group and its memberships. Raises NotFoundException."""
        context = self._context
        with reserving(context, identifier) as reservation:
            for attempt in context.attempts(Kind.GROUP):
                with attempt.commit():
                    reservation.take()
                    record = self._read(identifier)
                    precondition.check(record)
                    now = context.now()
                    expires = context.clock() + timedelta(days=TOMBSTONE_DAYS)
                    items = context.writes.deletion(record, now, int(expires.timestamp()))
                    freeing = template_grants.unbinding(context, identifier)
                    context.log.set_change(record, {}, ())
                    deletion.commit(context, record, [*items, *freeing], now)

    def _edit(
        self,
        identifier: str,
        edit: Edit,
        operations: list[Operation],
        precondition: Precondition,
        ignored: list[str],
    ) -> Answer:
        """Commit a change of document and members; what was ignored includes skipped ids."""
        context = self._context
        whole = needs_all(operations)
        answer: Answer | None = None
        with reserving(context, identifier) as reservation:
            for attempt in context.attempts(Kind.GROUP):
                with attempt.commit():
                    if whole:
                        reservation.take()
                    record, change = member_changes.difference(context, identifier, operations)
                    if record is None:
                        raise missing(Kind.GROUP, identifier)
                    if operations and reservation.has_others(record):
                        attempt.helped = large_changes.meet(context, record)
                        raise ConditionFailed([CHANGED])
                    precondition.check(record)
                    change.check()
                    document, ignored_now = edit(dict(record.document)), [*ignored, *change.skipped]
                    if document != record.document or change:
                        context.log.set_change(record, document, ignored_now, *change.names)
                        checked = whole or bool(precondition)
                        record = self._commit(record, document, change, checked=checked)
                    answer = self._answer(record, {}, ignored_now)
        assert answer is not None  # noqa: S101  # attempts end with a commit or an exception
        return answer

    def _commit(
        self, record: Record, document: Document, change: MemberChange, *, checked: bool
    ) -> Record:
        """Commit a change of the group that was read, and return the group as it is then.

        `checked` says that it has to be the version that was read also where only members change:
        of two requests that each set all members, both sets would stay otherwise.
        """
        context, writes, several = self._context, self._context.writes, change.several
        now = context.now()
        if document != record.document:
            actions = writes.replacement(record, document, now, several=several)
        elif checked:
            actions = [writes.version_update(record, now, several=several)]
        else:
            actions = [writes.group_update(record.id, now, several=several)]
        after = replace(record, document=document)
        actions += template_grants.binding(context, after, change.users.templates)
        large_changes.commit(context, after, change, actions, now)
        return next_version(record, document, now)

    def _read(self, identifier: str) -> Record:
        record = self._context.resources.read(Kind.GROUP, identifier)
        if record is None:
            raise missing(Kind.GROUP, identifier)
        return record

    def _answer(
        self, record: Record, members: Mapping[str, Kind], ignored: list[str] | None = None
    ) -> Answer:
        resource = record.representation(self._context.base_url, members=members)
        return Answer(record, resource, ignored or [])
