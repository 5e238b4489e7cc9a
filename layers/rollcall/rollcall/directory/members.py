"""The members of a group in pages, where they are too many for one answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Bounds


class ReadConflict(Exception):  # noqa: N818
    """Several members changed at once between two reads of one answer: read it again."""


def pages(
    context: Context, group: str, kind: Kind, bounds: Bounds, sizes: Iterator[int]
) -> Iterator[list[Record]]:
    """Yield the members of one type in the order of their ids, `sizes` of them at a time.

    All are those of before or of after a change of several members: the group is read again
    together with the members' documents. Raises ReadConflict when it has changed meanwhile.
    """
    record = context.resources.read(Kind.GROUP, group)
    if record is None:
        return
    ids = (member for member, of in context.group_members.iterate(record, **bounds) if of is kind)
    while batch := list(islice(ids, next(sizes))):
        records = context.resources.read_with(kind, batch, (Kind.GROUP, group))
        if _has_changed(record, records.pop((Kind.GROUP, group), None)):
            raise ReadConflict
        yield list(records.values())


def _has_changed(before: Record, now: Record | None) -> bool:
    return now is None or (now.pending, now.epoch) != (before.pending, before.epoch)
