"""Users: create, read, replace, patch, delete (RFC 7644 sections 3.3 to 3.6)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scim2_models import Context as Shape

from rollcall.directory import account_linking, deletion, held_deletion, merged_ids, template_grants
from rollcall.directory.context import Answer, Context, missing
from rollcall.directory.precondition import NO_PRECONDITION, Precondition
from rollcall.model.account_link import LINKED, AccountLink
from rollcall.model.record import Record
from rollcall.scim import body, patch
from rollcall.scim.body import Body, Document
from rollcall.scim.errors import NotFoundException, UniquenessException
from rollcall.scim.resource_type import Kind
from rollcall.storage.document_item import TOMBSTONE_DAYS, next_version
from rollcall.storage.resources import StoredUser
from rollcall.storage.transactions import Action

Edit = Callable[[Document], Document]


def _no_check(_: Context, __: Record) -> None:
    """Accept every record."""


class Users:
    """The users of one tenant."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def create(
        self, payload: Any, identifier: str | None = None, link: AccountLink = LINKED
    ) -> Answer:
        """Create a user with the grants of templates, or link the account that has its userName.

        A held account with its userName and its externalId is taken back. An account is linked
        where the tenant's policy allows that. A local account is not new, and templates do not
        apply to it. A duplicate is reported and created all the same.

        Raises UniquenessException when the userName is taken.
        """
        read = body.read(Kind.USER, payload, Shape.RESOURCE_CREATION_REQUEST)
        context = self._context
        if link == LINKED and (taken_back := self._take_back(read)) is not None:
            return taken_back
        now, identifier = context.now(), identifier or context.new_id()
        document = merged_ids.with_current_manager(context, {}, read.document)
        record = Record(Kind.USER, identifier, document, 1, now, now, link=link)
        record, grants = (
            template_grants.grants_for_new_user(context, record) if link == LINKED else (record, [])
        )
        duplicate = context.find_duplicate(record) if link == LINKED else None
        detail, report = (duplicate.detail, duplicate.actions) if duplicate else ("", ())
        try:
            for attempt in context.attempts(Kind.USER):
                with attempt.commit():
                    context.log.set_change(record, record.document, read.ignored)
                    context.commit([*context.writes.creation(record), *grants, *report], detail)
        except UniquenessException as taken:
            existing = account_linking.find_linkable(context, read.document)
            if existing is None:
                raise

            def edit(before: Document) -> Document:
                return account_linking.merged(before, read.document)

            check = account_linking.check_post
            try:
                return self._edit(existing, edit, read.ignored, NO_PRECONDITION, check)
            except NotFoundException:  # deleted meanwhile: the client's next POST creates the user
                raise taken from None
        return self._answer(record, [], read.ignored)

    def read(self, identifier: str) -> Answer:
        """Read a user with its groups; a merged id reads the user that it was merged into.

        Raises NotFoundException.
        """
        user = self._context.resources.read_user(identifier)
        user = user or merged_ids.read(self._context, identifier)
        if user is None:
            raise missing(Kind.USER, identifier)
        return self._answer(*user)

    def replace(
        self, identifier: str, payload: Any, precondition: Precondition = NO_PRECONDITION
    ) -> Answer:
        """Replace what clients may write of a user."""
        read = body.read(Kind.USER, payload, Shape.RESOURCE_REPLACEMENT_REQUEST)

        def edit(before: Document) -> Document:
            return body.replace(Kind.USER, before, read.document)

        return self._edit(identifier, edit, read.ignored, precondition)

    def patch(
        self, identifier: str, payload: Any, precondition: Precondition = NO_PRECONDITION
    ) -> Answer:
        """Apply the operations of a PATCH, all or none; what changes nothing writes nothing."""
        request = patch.read(Kind.USER, payload, self._context.budget)
        return self._edit(identifier, request.apply, request.ignored, precondition)

    def delete(self, identifier: str, precondition: Precondition = NO_PRECONDITION) -> None:
        """Delete a user and its memberships; the account is held where deletions wait.

        Raises NotFoundException.
        """
        context = self._context
        for attempt in context.attempts(Kind.USER):
            with attempt.commit():
                user = context.resources.read_whole(identifier)
                user = user or StoredUser(*self._stub(identifier))
                record = user.record
                precondition.check(record)
                account_linking.check_write(context, record)
                now = context.now()
                if record.alias:
                    context.commit([context.aliases.stub_deletion(record, now)])
                    continue
                until = context.clock() + timedelta(days=TOMBSTONE_DAYS)
                expires = int(until.timestamp())
                gone = context.gone_values.hashes(record.document)
                holding, due = held_deletion.hold(context, user, now)
                actions = [
                    *context.writes.deletion(record, now, expires, gone, due),
                    *holding,
                    *context.gone_values.additions(record.id, gone, expires),
                    *context.grants.deletions(record.id, record.access.granted),
                ]
                context.log.set_change(record, {}, ())
                deletion.commit(context, record, actions, now)

    def _take_back(self, read: Body) -> Answer | None:
        """Take back the account that a POST names; None when none is held.

        A name that is taken is for the creation to tell.
        """
        context = self._context
        with suppress(UniquenessException):
            for attempt in context.attempts(Kind.USER):
                with attempt.commit():
                    held = held_deletion.find(context, read.document)
                    if held is None:
                        return None
                    record, actions = held_deletion.take_back(context, held, read.document)
                    context.log.set_change(record, record.document, read.ignored)
                    context.commit(actions, f"takes back the account deleted {held.deleted}")
                    return self._answer(record, [], read.ignored)
        return None

    def _edit(
        self,
        identifier: str,
        edit: Edit,
        ignored: list[str],
        precondition: Precondition,
        check: Callable[[Context, Record], None] = _no_check,
    ) -> Answer:
        """Commit a change of a user; `check` may refuse the record that is read for it."""
        context = self._context
        answer: Answer | None = None
        for attempt in context.attempts(Kind.USER):
            with attempt.commit():
                record, groups = self._read(identifier)
                precondition.check(record)
                check(context, record)
                edited = edit(dict(record.document))
                document = merged_ids.with_current_manager(context, record.document, edited)
                link = account_linking.new_link(context, record)
                if document != record.document:
                    account_linking.check_write(context, record)
                    now = context.now()
                    beside = () if link is None else ("link",)
                    context.log.set_change(record, document, ignored, *beside)
                    context.commit(self._replacement(record, document, now, link))
                    record = next_version(record, document, now, link)
                elif link is not None:
                    context.log.set_change(record, document, ignored, "link")
                    context.commit(context.writes.link_update(record, link))
                answer = self._answer(record, groups, ignored)
        assert answer is not None  # noqa: S101  # attempts end with a commit or an exception
        return answer

    def _read(self, identifier: str) -> tuple[Record, list[str]]:
        """Read a user with its groups for a write, or the stub that a merged id has."""
        user = self._context.resources.read_user(identifier)
        return user or self._stub(identifier)

    def _stub(self, identifier: str) -> tuple[Record, list[str]]:
        """Read the stub that a merged id has, which has no groups. Raises NotFoundException."""
        user = merged_ids.stub(self._context, identifier)
        if user is None:
            raise missing(Kind.USER, identifier)
        return user

    def _replacement(
        self, record: Record, document: Document, now: str, link: AccountLink | None
    ) -> list[Action]:
        if record.alias:
            return [self._context.aliases.stub_replacement(record, document, now)]
        beside = None if link is None else replace(record, link=link)
        return self._context.writes.replacement(record, document, now, beside=beside)

    def _answer(
        self, record: Record, groups: list[str], ignored: list[str] | None = None
    ) -> Answer:
        resource = record.representation(self._context.base_url, groups=groups)
        return Answer(record, resource, ignored or [])
