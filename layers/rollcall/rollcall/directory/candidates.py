"""The resources that a search without a lookup has to evaluate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rollcall.directory.context import Context
from rollcall.model.planner import Lookup, plan
from rollcall.model.record import Record
from rollcall.model.time_bounds import EVER, is_about_deleted, since
from rollcall.scim.filters import Filter
from rollcall.scim.indexing import Index
from rollcall.scim.ordering import Order
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Bounds

_ALL: Bounds = {}


class CandidateSource:
    """The resources of some types that a filter, or none, may match.

    `since` is, by type, the earliest instant of their last change; empty where the filter does not
    bound it for every type without a lookup. Only the order of change has deleted resources.
    """

    def __init__(self, context: Context, kinds: Sequence[Kind], parsed: Filter | None) -> None:
        self._context = context
        self._filter = parsed
        self.since = {} if parsed is None else _since(kinds, parsed)

    def order(self, requested: Order) -> Order:
        """Return the order of the results: by default that of change, where the filter bounds it.

        No other index has deleted resources, which are then sorted in memory.
        """
        if self.since and requested == Order():
            return Order(Index.CHANGED)
        if any(self._is_about_deleted(kind) for kind in self.since):
            return replace(requested, index=None)
        return requested

    def positions(
        self,
        kind: Kind,
        index: Index | None,
        position: tuple[str, str] | None = None,
        bounds: Bounds = _ALL,
    ) -> Iterator[tuple[str, str]]:
        """Yield the order key and the id of each candidate in the order of an index."""
        if kind in self.since and index in (None, Index.CHANGED):
            return self._context.change_index.read(kind, self.since[kind], position, **bounds)
        order = index or Index.CREATED
        return self._context.resources.in_order(kind, order, position, **bounds)

    def read(self, kind: Kind, identifiers: Iterable[str]) -> list[Record]:
        """Read resources, also deleted ones when the filter is about those."""
        deleted = self._is_about_deleted(kind)
        records = self._context.resources.read_many(kind, identifiers, deleted=deleted)
        return list(records.values())

    def _is_about_deleted(self, kind: Kind) -> bool:
        return self._filter is not None and is_about_deleted(kind, self._filter.nodes[kind])


def _since(kinds: Sequence[Kind], parsed: Filter) -> dict[Kind, str]:
    bounds = {}
    for kind in kinds:
        node = parsed.nodes[kind]
        if isinstance(plan(kind, node), Lookup):
            continue
        bound = since(kind, node)
        if bound is None and is_about_deleted(kind, node):
            bound = EVER
        if bound is None:
            return {}
        bounds[kind] = bound
    return bounds
