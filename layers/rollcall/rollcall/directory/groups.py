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
from rollcall.directory.precondition import NO_PRECONDITION, Precondition
from rollcall.directory.reservation import reserving
from rollcall.model.record import Record
from rollcall.scim import body, patch
from rollcall.scim.body import Document
from rollcall.scim.errors import Unavailable
from rollcall.scim.member_operations import AbsentMembers, Add, Clear, Operation, needs_all
from rollcall.scim.resource_models import Kind
from rollcall.storage.document_item import TOMBSTONE_DAYS, successor
from rollcall.storage.index_entries import CHANGED
from rollcall.storage.resource_writes import GroupUpdate
from rollcall.storage.transactions import Action, ConditionFailed

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
        change = member_changes.MemberChange()

        def creation(turn: GroupUpdate) -> list[Action]:
            made = context.writes.creation(replace(record, pending=turn.pending))
            return [*made, *template_grants.binding(context, record, change.arrivals.edition)]

        for attempt in context.attempts(Kind.GROUP):
            with attempt.commit():
                wanted = [Add(tuple(read.members))] if read.members else []
                _, change = member_changes.difference(context, identifier, wanted)
                change.check()
                skipped = [*read.ignored, *change.skipped]
                context.log.set_change(record, record.document, skipped, *change.names)
                large_changes.commit(context, record, change, creation, now)
        members = (
            change.added
            if len(change.added) <= response_limits.most_members(context.base_url)
            else {}
        )
        return self._answer(record, members, [*read.ignored, *change.skipped])

    def read(self, identifier: str, *, members: bool = True, after_write: bool = False) -> Answer:
        """Read a group; without its members they are not read either.

        Raises NotFoundException, and TooManyException when no answer holds the members; an answer
        to a write leaves them out instead.
        """
        if not members:
            return self._answer(self._read(identifier), {})
        roster = self._context.group_members.read(
            identifier, response_limits.most_members(self._context.base_url)
        )
        if roster is None:
            raise missing(Kind.GROUP, identifier)
        if not (roster.whole or after_write):
            raise response_limits.too_many_members(identifier)
        return self._answer(roster.record, roster.members if roster.whole else {})

    def replace(
        self,
        identifier: str,
        payload: Any,
        precondition: Precondition = NO_PRECONDITION,
        *,
        members: bool = True,
    ) -> Answer:
        """Replace what clients may write of a group.

        What becomes of the members when none are sent is the tenant's policy; the log says that
        they were kept.
        """
        read = body.read(Kind.GROUP, payload, Shape.RESOURCE_REPLACEMENT_REQUEST)
        wanted: list[Operation] = []
        if read.members is not None:
            wanted = [Clear(), Add(tuple(read.members))]
        elif self._context.absent_members is AbsentMembers.CLEAR:
            wanted = [Clear()]
        else:
            self._context.log.add_detail("no members were sent: they are kept")

        def edit(before: Document) -> Document:
            return body.replacement(Kind.GROUP, before, read.document)

        left = self._write(identifier, edit, wanted, precondition, read.ignored)
        return self.written(left, members=members)

    def written(self, left: Answer, *, members: bool = True) -> Answer:
        """Read a group after a write; where that fails, what is known of it, without its members.

        What is done is not answered with an error that says to do it again.
        """
        try:
            answer = self.read(left.record.id, members=members, after_write=True)
        except Unavailable:
            return left
        return replace(answer, ignored=left.ignored)

    def patch(
        self, identifier: str, payload: Any, precondition: Precondition = NO_PRECONDITION
    ) -> Answer:
        """Apply the operations of a PATCH, all or none; what changes nothing writes nothing.

        The answer is without members: to read them would cost more than the change. Its version is
        not above the one that the group has now; others may have raised that.
        """
        wanted = patch.read(Kind.GROUP, payload, self._context.budget)
        return self._write(identifier, wanted.apply, wanted.members, precondition, wanted.ignored)

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

    def _write(
        self,
        identifier: str,
        edit: Edit,
        operations: list[Operation],
        precondition: Precondition,
        ignored: list[str],
    ) -> Answer:
        """Commit a change of document and members; what was ignored includes skipped ids."""
        context, whole = self._context, needs_all(operations)
        change, left = member_changes.MemberChange(), None
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
                    document, now = edit(dict(record.document)), context.now()
                    if document == record.document and not change:
                        left = record
                        continue
                    after = replace(record, document=document)
                    binding = template_grants.binding(context, after, change.arrivals.edition)
                    versioned = whole or bool(precondition)
                    of_group = self._of_group(record, document, now, versioned=versioned)
                    skipped = [*ignored, *change.skipped]
                    context.log.set_change(record, document, skipped, *change.names)
                    large_changes.commit(context, after, change, _beside(binding, of_group), now)
                    left = successor(record, document, now)
        assert left is not None  # noqa: S101  # attempts end with a commit or an exception
        return self._answer(left, {}, [*ignored, *change.skipped])

    def _of_group(
        self, record: Record, document: Document, now: str, *, versioned: bool
    ) -> large_changes.OfGroup:
        """Return what a write does to the group itself.

        What depends on all members is a change of the version that was read: two requests that each
        set the members would leave both sets otherwise.
        """
        writes = self._context.writes
        if document != record.document:
            return lambda turn: writes.replacement(record, document, now, turn)
        if versioned:
            return lambda turn: [writes.touch(record, now, turn)]
        return lambda turn: [writes.turn(record.id, now, turn)]

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


def _beside(actions: list[Action], of_group: large_changes.OfGroup) -> large_changes.OfGroup:
    return lambda turn: [*of_group(turn), *actions]
