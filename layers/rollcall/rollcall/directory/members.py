"""The members of a group in pages, for those whom no answer holds together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rollcall.directory.context import Context
from rollcall.scim.errors import Unavailable
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind
from rollcall.storage.table import Bounds


def pages(
    context: Context, group: str, kind: Kind, bounds: Bounds, sizes: Iterator[int]
) -> Iterator[list[Record]]:
    """Yield the members of one type, so many at a time, in the order of their ids.

    Each page is as it was before or after a change of several members: the group is read again
    together with the members' documents, and when it was changed meanwhile so is the page. Raises
    Unavailable when that keeps happening.
    """
    bounds = {**bounds}
    size = next(sizes)
    for _ in context.table.patience.pauses():
        record = context.resources.read(Kind.GROUP, group)
        if record is None:
            return
        named = (each for each, of in context.rosters.walk(record, **bounds) if of is kind)
        while batch := list(islice(named, size)):
            found = context.resources.read_beside(kind, batch, (Kind.GROUP, group))
            if _is_torn(record, found.pop((Kind.GROUP, group), None)):
                break
            yield list(found.values())
            bounds |= {"after": batch[-1], "inclusive": False}
            size = next(sizes)
        else:
            return
    raise Unavailable("the members of the group change too often to be read, try again")


def _is_torn(before: Record, now: Record | None) -> bool:
    return now is None or (now.pending, now.epoch) != (before.pending, before.epoch)
