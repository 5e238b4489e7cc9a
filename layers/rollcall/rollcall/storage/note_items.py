"""What operators note about one tenant, in the order of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rollcall.aws.attribute_values import Item
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action


@dataclass(frozen=True)
class Note:
    """A note: when it was written (RFC 3339 in UTC), by whom, and what it says.

    The `id` begins with the time, so that the order of ids is that of time.
    """

    id: str
    at: str
    actor: str
    text: str


class NoteItems:
    """The notes about one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def read(self, identifier: str) -> Note | None:
        """Return a note, None when there is none with this id."""
        item = self._table.get(self._keys.note(identifier))
        return None if item is None else _note(item)

    def latest(self, limit: int, before: str = "") -> list[Note]:
        """Return the latest notes, the latest first, all of them before the id `before`."""
        items = self._table.query(self._keys.notes(), after=before, backwards=True, limit=limit)
        return [_note(each) for each in islice(items, limit)]

    def all(self) -> Iterator[Note]:
        """Yield all notes, the earliest first."""
        yield from map(_note, self._table.query(self._keys.notes()))

    def add(self, note: Note, logged: Sequence[Action]) -> None:
        """Add a note and its log entry. Raises ConditionFailed where it was added already."""
        item = {"at": note.at, "actor": note.actor, "text": note.text}
        new = Action(
            "Put", self._keys.note(note.id), item=item, condition="attribute_not_exists(pk)"
        )
        self._table.transact([new, *logged])

    def remove(self, identifier: str, logged: Sequence[Action]) -> None:
        """Remove a note, and log that. Raises ConditionFailed where it is not there any more."""
        key = self._keys.note(identifier)
        self._table.transact([Action("Delete", key, condition="attribute_exists(pk)"), *logged])


def _note(item: Item) -> Note:
    return Note(item["sk"], item["at"], item["actor"], item["text"])
