"""The resources of one tenant in the order of their last change, deleted ones included.

They are in an index of their own, in CHANGE_SHARDS partitions: every write of a tenant moves an
entry there, and one partition takes 500 moves a second. The partitions are read at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from functools import partial
from itertools import chain, groupby, islice
from typing import TypeAlias, Unpack

from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import CHANGE_SHARDS, Keys
from rollcall.storage.parallel_reads import at_once
from rollcall.storage.table import Bounds, Table

ChangePosition: TypeAlias = tuple[str, str]
"""The instant of a resource's last change, and its id."""


class ChangeIndex:
    """The change index of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def read(
        self,
        kind: Kind,
        since: str,
        position: ChangePosition | None = None,
        **bounds: Unpack[Bounds],
    ) -> Iterator[ChangePosition]:
        """Yield the positions of the resources that changed at `since` or later, in order.

        Reading begins after `position`, before it when backwards, at it when inclusive. Positions
        before `since` are left out in both directions.
        """
        backwards, inclusive = bounds.get("backwards", False), bounds.get("inclusive", False)
        begin = position[0] if position is not None else since
        # Several resources can change at one instant: all of these are read, then sorted by id.
        bounds |= {"inclusive": True}
        if begin:
            bounds["after"] = begin
        merged = heapq.merge(
            *self._shards(kind, bounds), key=lambda position: position[0], reverse=backwards
        )
        for instant, entries in groupby(merged, key=lambda position: position[0]):
            if instant < since:
                return
            for entry in sorted(entries, reverse=backwards):
                if position is None or _is_behind(
                    entry, position, backwards=backwards, inclusive=inclusive
                ):
                    yield entry

    def _shards(self, kind: Kind, bounds: Bounds) -> Iterator[Iterator[ChangePosition]]:
        """Yield the positions of each partition; the first of each are read at once."""
        shards = [self._shard(kind, shard, bounds) for shard in range(CHANGE_SHARDS)]
        firsts = at_once([partial(_first, each) for each in shards])
        yield from map(chain, firsts, shards)

    def _shard(self, kind: Kind, shard: int, bounds: Bounds) -> Iterator[ChangePosition]:
        for item in self._table.query_changes(self._keys.change_partition(kind, shard), **bounds):
            yield item["modified"], keys.identifier(item["pk"])


def _first(positions: Iterator[ChangePosition]) -> list[ChangePosition]:
    return list(islice(positions, 1))


def _is_behind(
    entry: ChangePosition, position: ChangePosition, *, backwards: bool, inclusive: bool
) -> bool:
    if entry == position:
        return inclusive
    return entry < position if backwards else entry > position
