"""Groups: create, read, replace, patch, delete (RFC 7644 sections 3.3 to 3.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scim2_models import Context as Shape

from rollcall.directory import membership
from rollcall.directory.context import Answer, Context, Precondition, missing
from rollcall.scim import body, patch
from rollcall.scim.body import Document
from rollcall.scim.membership import Add, Clear, Operation, needs_all
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage.resources import TOMBSTONE_DAYS

_ANY = Precondition()

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
        change = membership.Change()
        for attempt in context.attempts(Kind.GROUP):
            with attempt.commit():
                wanted = [Add(tuple(read.members))] if read.members else []
                _, change = membership.difference(context, identifier, wanted)
                change.check()
                context.table.transact(
                    [
                        *context.resources.creation(record),
                        *membership.writes(context, identifier, change),
                        *context.memberships.touches(change.concerned, now),
                    ]
                )
        return self._answer(record, dict(change.added), [*read.ignored, *change.skipped])

    def read(self, identifier: str, *, members: bool = True) -> Answer:
        """Read a group; without its members they are not read either. Raises NotFoundException."""
        record = self._read(identifier)
        return self._answer(record, self._members(identifier) if members else {})

    def replace(
        self,
        identifier: str,
        payload: Any,
        precondition: Precondition = _ANY,
        *,
        members: bool = True,
    ) -> Answer:
        """Replace what clients may write of a group; members stay when none are sent.

        RFC 7644 section 3.5.1 lets us choose, and a rename must not empty a group.
        """
        read = body.read(Kind.GROUP, payload, Shape.RESOURCE_REPLACEMENT_REQUEST)
        wanted: list[Operation] = []
        if read.members is not None:
            wanted = [Clear(), Add(tuple(read.members))]

        def edit(before: Document) -> Document:
            body.check_immutable(Kind.GROUP, before, read.document)
            return read.document

        skipped = self._write(identifier, edit, wanted, precondition)
        answer = self.read(identifier, members=members)
        return replace(answer, ignored=[*read.ignored, *skipped])

    def patch(self, identifier: str, payload: Any, precondition: Precondition = _ANY) -> list[str]:
        """Apply the operations of a PATCH, all or none; what changes nothing writes nothing.

        Returns what was ignored and not the group: to read it would cost more than the change.
        """
        wanted = patch.read(Kind.GROUP, payload)
        skipped = self._write(identifier, wanted.apply, wanted.members, precondition)
        return [*wanted.ignored, *skipped]

    def delete(self, identifier: str, precondition: Precondition = _ANY) -> None:
        """Delete a group and its memberships. Raises NotFoundException."""
        context = self._context
        for attempt in context.attempts(Kind.GROUP):
            with attempt.commit():
                record = self._read(identifier)
                precondition.check(record)
                parents = list(context.memberships.groups_of(Kind.GROUP, identifier))
                now = context.now()
                expires = context.clock() + timedelta(days=TOMBSTONE_DAYS)
                deletion = context.resources.deletion(record, now, int(expires.timestamp()))
                members = self._members(identifier)
                ending = membership.ending(context, record, parents, members, deletion)
                context.table.transact([*deletion, *ending])

    def _write(
        self,
        identifier: str,
        edit: Edit,
        operations: list[Operation],
        precondition: Precondition,
    ) -> list[str]:
        """Commit a change of document and members; return the ids that were skipped."""
        context = self._context
        change = membership.Change()
        for attempt in context.attempts(Kind.GROUP):
            with attempt.commit():
                record, change = membership.difference(context, identifier, operations)
                if record is None:
                    raise missing(Kind.GROUP, identifier)
                precondition.check(record)
                change.check()
                document, now = edit(dict(record.document)), context.now()
                if document != record.document:
                    own = context.resources.replacement(record, document, now)
                elif precondition or needs_all(operations):
                    # What depends on all members is a change of the version that was read: two
                    # requests that each set the members would leave both sets otherwise.
                    own = [context.resources.touch(record, now)]
                else:
                    own = list(context.memberships.touches({identifier: Kind.GROUP}, now))
                if document != record.document or change:
                    context.table.transact(
                        [
                            *own,
                            *membership.writes(context, identifier, change),
                            *context.memberships.touches(change.concerned, now),
                        ]
                    )
        return list(change.skipped)

    def _read(self, identifier: str) -> Record:
        record = self._context.resources.read(Kind.GROUP, identifier)
        if record is None:
            raise missing(Kind.GROUP, identifier)
        return record

    def _members(self, identifier: str) -> dict[str, Kind]:
        return dict(self._context.memberships.members(identifier))

    def _answer(
        self, record: Record, members: dict[str, Kind], ignored: list[str] | None = None
    ) -> Answer:
        resource = record.representation(self._context.base_url, members=members)
        return Answer(record, resource, ignored or [])
