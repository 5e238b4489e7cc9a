"""The resources of one tenant in the order of change, the deleted among them.

They stand in an index of their own, by when they changed last, in a few partitions: all writes of a
tenant move something there, and one partition takes five hundred moves a second.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import groupby
from typing import TypeAlias, Unpack

from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import CHANGE_SHARDS, Keys
from rollcall.storage.table import Bounds, Table

ChangePosition: TypeAlias = tuple[str, str]
"""When a resource changed last, and its id."""


class ChangeIndex:
    """The order of change of one tenant."""

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
        """Yield the resources of a type that changed at an instant or later, in that order.

        `position` is where to begin behind, before it or at it as the bounds say; not before
        `since` either way.
        """
        down, inclusive = bounds.get("backwards", False), bounds.get("inclusive", False)
        begin = position[0] if position is not None else since
        # Several resources change at one instant: all of those are read, and put in order.
        bounds |= {"inclusive": True}
        if begin:
            bounds["after"] = begin
        shards = [self._shard(kind, shard, bounds) for shard in range(CHANGE_SHARDS)]
        merged = heapq.merge(*shards, key=lambda place: place[0], reverse=down)
        for instant, places in groupby(merged, key=lambda place: place[0]):
            if instant < since:
                return
            for place in sorted(places, reverse=down):
                if position is None or _is_behind(place, position, down=down, at=inclusive):
                    yield place

    def _shard(self, kind: Kind, shard: int, bounds: Bounds) -> Iterator[ChangePosition]:
        for item in self._table.query_changes(self._keys.change_partition(kind, shard), **bounds):
            yield item["modified"], keys.identifier(item["pk"])


def _is_behind(place: ChangePosition, position: ChangePosition, *, down: bool, at: bool) -> bool:
    if place == position:
        return at
    return place < position if down else place > position
