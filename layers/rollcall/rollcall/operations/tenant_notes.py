"""Notes about a tenant: what support people write down of what they agreed with a customer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from secrets import token_hex

from rollcall.operations.operator import Operator
from rollcall.operator_error import OperatorError
from rollcall.scim.instant import instant
from rollcall.storage.note_items import Note, NoteItems
from rollcall.storage.transactions import ConditionFailed

__all__ = ["Note"]

MAX_CHARACTERS = 2_000

PAGE = 20
"""The notes of a page."""

_JOINERS = "\u200c\u200d"
"""What is not printable alone, and joins letters or emoji."""


class NoteError(OperatorError):
    """There is no such note, or it cannot be kept."""


@dataclass(frozen=True)
class NotePage:
    """Some notes, the latest first; `before` is where the earlier ones begin, empty at the end."""

    notes: tuple[Note, ...]
    before: str


def page(operator: Operator, tenant: str, before: str = "", size: int = PAGE) -> NotePage:
    """Return the latest notes that are before an id. Raises TenantError for an unknown tenant."""
    operator.services.tenants.show(tenant)
    return page_of(operator, tenant, before, size)


def page_of(operator: Operator, tenant: str, before: str = "", size: int = PAGE) -> NotePage:
    """Return what `page` does, of a tenant that is known."""
    found = NoteItems(operator.services.table, tenant).latest(size + 1, before)
    return NotePage(tuple(found[:size]), found[size - 1].id if len(found) > size else "")


def read(operator: Operator, tenant: str, identifier: str) -> Note:
    """Return a note. Raises TenantError, and NoteError when there is none with this id."""
    operator.services.tenants.show(tenant)
    note = NoteItems(operator.services.table, tenant).read(identifier) if identifier else None
    if note is None:
        raise NoteError(f"there is no note {identifier} about {tenant}")
    return note


def new(operator: Operator, text: str) -> Note:
    """Return a new note, which is not stored yet. Raises NoteError for a text that is not kept."""
    lines = [each.rstrip() for each in text.replace("\t", " ").splitlines()]
    text = "\n".join(lines).strip()
    if not text:
        raise NoteError("a note has a text: write what was agreed with the customer")
    if len(text) > MAX_CHARACTERS:
        raise NoteError(f"a note has {MAX_CHARACTERS:,} characters at most, not {len(text):,}")
    if not all(each.isprintable() or each in _JOINERS for each in chain.from_iterable(lines)):
        raise NoteError("a note is text: it has characters that cannot be shown")
    now = operator.services.clock()
    identifier = f"{now:%Y%m%d%H%M%S%f}"[:17] + f"-{token_hex(3)}"
    return Note(identifier, instant(now), operator.name, text)


def add(operator: Operator, tenant: str, note: Note) -> Note:
    """Store a note, once however often it is repeated; the log does not hold its text.

    Raises TenantError for an unknown tenant, or one that is closed.
    """
    context = operator.context(tenant)
    note = replace(note, actor=operator.name)
    logged = operator.audit_log(tenant).actions("notes", f"Note/{note.id}", "added")
    items = NoteItems(context.table, tenant)
    try:
        items.add(note, logged)
    except ConditionFailed:  # an attempt before was applied, and its answer was lost
        return items.read(note.id) or note
    return note


def remove(operator: Operator, tenant: str, identifier: str) -> None:
    """Remove a note. Raises TenantError, and NoteError when it is not there."""
    context = operator.context(tenant)
    logged = operator.audit_log(tenant).actions("notes", f"Note/{identifier}", "removed")
    try:
        NoteItems(context.table, tenant).remove(identifier, logged)
    except ConditionFailed as error:
        raise NoteError(f"there is no note {identifier} about {tenant}") from error
