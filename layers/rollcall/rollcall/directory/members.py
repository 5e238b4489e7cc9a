"""The members of a group in pages, when they are too many for one answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Bounds


class ReadConflict(Exception):  # noqa: N818
    """Several members changed together between two reads of one answer; it has to be read again."""


def pages(
    context: Context, group: str, kind: Kind, bounds: Bounds, sizes: Iterator[int]
) -> Iterator[list[Record]]:
    """Yield the members of one type in the order of their ids, `sizes` of them at a time.

    All are from before or all from after a change of several members: the group is read again
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


def _has_changed(before: Record, after: Record | None) -> bool:
    return after is None or (after.pending, after.epoch) != (before.pending, before.epoch)
