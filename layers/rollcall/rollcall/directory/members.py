"""The members of a group in pages, for those whom no answer holds together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Bounds


class ReadConflict(Exception):  # noqa: N818
    """Between two reads of one answer several members changed at once: it is to be read again."""


def pages(
    context: Context, group: str, kind: Kind, bounds: Bounds, sizes: Iterator[int]
) -> Iterator[list[Record]]:
    """Yield the members of one type, so many at a time, in the order of their ids.

    All of them are as they were before or after a change of several members: the group is read
    again together with the members' documents. Raises Torn when it was changed meanwhile.
    """
    record = context.resources.read(Kind.GROUP, group)
    if record is None:
        return
    named = (each for each, of in context.group_members.iterate(record, **bounds) if of is kind)
    while batch := list(islice(named, next(sizes))):
        found = context.resources.read_with(kind, batch, (Kind.GROUP, group))
        if _is_torn(record, found.pop((Kind.GROUP, group), None)):
            raise ReadConflict
        yield list(found.values())


def _is_torn(before: Record, now: Record | None) -> bool:
    return now is None or (now.pending, now.epoch) != (before.pending, before.epoch)
