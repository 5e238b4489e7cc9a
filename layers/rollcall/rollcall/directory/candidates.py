"""Where a search that has to look at many resources gets them from."""

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

    `since` are the instants from which on they can have changed last; empty where the filter does
    not bound that for every type that it looks nothing up of. What is deleted stands in the order
    of change alone.
    """

    def __init__(self, context: Context, kinds: Sequence[Kind], parsed: Filter | None) -> None:
        self._context = context
        self._filter = parsed
        self.since = {} if parsed is None else _since(kinds, parsed)

    def order(self, asked: Order) -> Order:
        """Return the order of the results: that of change where it is known and none is asked for.

        No other order that is kept has the deleted.
        """
        if self.since and asked == Order():
            return Order(Index.CHANGED)
        if any(self._is_about_deleted(kind) for kind in self.since):
            return replace(asked, index=None)
        return asked

    def listed(
        self,
        kind: Kind,
        index: Index | None,
        position: tuple[str, str] | None = None,
        bounds: Bounds = _ALL,
    ) -> Iterator[tuple[str, str]]:
        """Yield order key and id of what has to be looked at, in an order that is kept."""
        if kind in self.since and index in (None, Index.CHANGED):
            return self._context.change_index.read(kind, self.since[kind], position, **bounds)
        kept = index or Index.CREATED
        return self._context.resources.in_order(kind, kept, position, **bounds)

    def read(self, kind: Kind, identifiers: Iterable[str]) -> list[Record]:
        """Read resources; of the deleted what is left of them, where the filter is about those."""
        deleted = self._is_about_deleted(kind)
        read = self._context.resources.read_many(kind, identifiers, deleted=deleted)
        return list(read.values())

    def _is_about_deleted(self, kind: Kind) -> bool:
        return self._filter is not None and is_about_deleted(kind, self._filter.nodes[kind])


def _since(kinds: Sequence[Kind], parsed: Filter) -> dict[Kind, str]:
    found = {}
    for kind in kinds:
        node = parsed.nodes[kind]
        if isinstance(plan(kind, node), Lookup):
            continue
        bound = since(kind, node)
        if bound is None and is_about_deleted(kind, node):
            bound = EVER
        if bound is None:
            return {}
        found[kind] = bound
    return found
