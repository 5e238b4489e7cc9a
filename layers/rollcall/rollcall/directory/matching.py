"""The resources that match a filter, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any

from rollcall.directory import members
from rollcall.directory.candidates import CandidateSource
from rollcall.directory.context import Context
from rollcall.directory.filter_evaluation import FilterEvaluation
from rollcall.directory.index_lookups import IndexLookups
from rollcall.model.planner import ByGroup, Lookup, Walk, plan
from rollcall.model.record import Record
from rollcall.scim.cursor import Position
from rollcall.scim.errors import TooManyException
from rollcall.scim.filters import Filter
from rollcall.scim.indexing import Index
from rollcall.scim.ordering import Order
from rollcall.scim.resource_type import Kind
from rollcall.storage.table import Bounds

MAX_WALK = 5_000
"""How many resources a search without a lookup evaluates at most."""

MAX_COMPARISONS = 10
"""The comparisons up to which a filter is applied to MAX_WALK resources; with more, to fewer."""

_MIN_WALK = 500
"""How many resources any filter may evaluate."""

_BATCH = 100
"""How many documents are read at a time."""

_EXTRA = 10
"""How many results are read beyond those expected."""

_KEYS = 1_000
"""How many keys of an index are read at a time when a filter is applied."""


@dataclass(frozen=True)
class Candidate:
    """A resource, its position in the order, and whether it matches the filter."""

    position: Position
    record: Record
    matches: bool


@dataclass
class _Reading:
    """How an order is read.

    `backwards` is against the client's order, `descending` towards smaller keys, and `inclusive`
    begins at the position itself. `expected` results are needed, after `skip` keys.
    """

    backwards: bool
    descending: bool
    inclusive: bool
    expected: int
    skip: int = 0

    def is_behind(self, position: Position, after: Position) -> bool:
        """Tell whether a position comes after another in the direction of reading."""
        if position == after:
            return self.inclusive
        return position < after if self.descending else position > after

    def bounds(self) -> Bounds:
        """Return the bounds of the query: as many keys as needed, all where some are skipped."""
        limit = 0 if self.skip else self.expected + _EXTRA
        return {"backwards": self.descending, "inclusive": self.inclusive, "limit": limit}


class Matching:
    """The resources of some types that match a filter, in an order.

    The order of an index is read page by page, and so are the members of a group, in the order of
    their ids. Results of other lookups, and any other order, are sorted in memory, up to `max_walk`
    resources.
    """

    def __init__(
        self,
        context: Context,
        kinds: Sequence[Kind],
        parsed: Filter | None,
        order: Order,
        *,
        max_walk: int = MAX_WALK,
    ) -> None:
        self._source = CandidateSource(context, kinds, parsed)
        self.order = self._source.order(order)
        self.max_walk = max_walk if parsed is None else _bound(max_walk, parsed.comparisons)
        self._context = context
        self._lookups = IndexLookups(context, self._members)
        self._kinds = kinds
        self._filter = parsed
        self._evaluation = FilterEvaluation(context, parsed)
        self._plans = {
            kind: Walk() if parsed is None else plan(kind, parsed.nodes[kind]) for kind in kinds
        }
        self._gathered: dict[Kind | None, list[Candidate]] = {}

    def results(
        self, after: Position | None = None, *, expected: int = _BATCH, skip: int = 0
    ) -> Iterator[Candidate]:
        """Yield the matches after a position. Raises TooManyException past `max_walk`.

        `expected` is how many are needed, which bounds how many are read at a time. Without a
        filter, `skip` passes over results of an index unread.
        """
        for number, each in enumerate(self.candidates(after, expected=expected, skip=skip)):
            if self._filter is not None and number == self.max_walk:
                raise self._too_many()
            if each.matches:
                yield each

    def candidates(
        self,
        after: Position | None = None,
        *,
        backwards: bool = False,
        inclusive: bool = False,
        expected: int = _BATCH,
        skip: int = 0,
    ) -> Iterator[Candidate]:
        """Yield the resources that are evaluated after a position or, backwards, before it."""
        descending = backwards != self.order.descending
        reading = _Reading(backwards, descending, inclusive, expected, skip)
        if self.order.index is None:
            yield from self._from_memory(None, after, reading)
            return
        for kind in reversed(self._kinds) if backwards else self._kinds:
            within = after
            if after is not None and after[0] != kind:
                ahead = self._kinds.index(kind) > self._kinds.index(Kind(after[0]))
                if ahead == backwards:
                    continue
                within = None
            if (group := self._group(kind)) is not None:
                yield from self._from_members(kind, group, within, reading)
            elif self._is_gathered(kind):
                yield from self._from_memory(kind, within, reading)
            else:
                yield from self._from_index(kind, within, reading)

    def after(self, candidates: Iterable[Candidate], after: Position) -> Iterator[Candidate]:
        """Yield the candidates that come after a position."""
        reading = _Reading(False, self.order.descending, False, 0)
        for each in candidates:
            if self.order.index is None or each.position[0] == after[0]:
                behind = reading.is_behind(each.position, after)
            else:  # types follow each other as they are queried, whatever the order within them
                behind = self._kinds.index(each.record.kind) > self._kinds.index(Kind(after[0]))
            if behind:
                yield each

    def total(self) -> int | None:
        """Return the number of results, None when that takes reading all of them."""
        if self.order.index is not None and not all(
            isinstance(self._plans[kind], Lookup) and self._group(kind) is None
            for kind in self._kinds
        ):
            return None
        return sum(each.matches for each in self.candidates())

    def _group(self, kind: Kind) -> str | None:
        """Return the group whose members, in the order of their ids, are all that can match."""
        search = self._plans[kind]
        if self.order == Order() and isinstance(search, Lookup) and len(search.legs) == 1:
            return search.legs[0].id if isinstance(search.legs[0], ByGroup) else None
        return None

    def _is_gathered(self, kind: Kind) -> bool:
        """Tell whether the results of a lookup are in memory; with too many, an index is read."""
        if isinstance(self._plans[kind], Lookup) and kind not in self._gathered:
            try:
                self._gathered[kind] = sorted(self._gather(kind), key=_position)
            except TooManyException:
                self._plans[kind] = Walk()
        return kind in self._gathered

    def _from_index(
        self, kind: Kind, after: Position | None, reading: _Reading
    ) -> Iterator[Candidate]:
        assert self.order.index is not None  # noqa: S101
        position = None if after is None else (after[1], after[2])
        bounds = reading.bounds()
        if self._filter is not None and self.order.index is not Index.CHANGED:
            bounds["limit"] = _KEYS
        ordered = self._source.positions(kind, self.order.index, position, bounds)
        while reading.skip and next(ordered, None) is not None:
            reading.skip -= 1
        sizes = _sizes(reading.expected) if self._filter is None else repeat(_BATCH)
        for batch in _batches(ordered, sizes):
            positions = {identifier: (kind, order, identifier) for order, identifier in batch}
            records = self._source.read(kind, positions)
            for record, matches in self._evaluation.evaluate(kind, records):
                yield Candidate(positions[record.id], record, matches)

    def _from_members(
        self, kind: Kind, group: str, after: Position | None, reading: _Reading
    ) -> Iterator[Candidate]:
        bounds = reading.bounds() if after is None else {**reading.bounds(), "after": after[1]}
        sizes = _sizes(reading.expected, _BATCH - 1)  # the group is read beside them
        for records in members.pages(self._context, group, kind, bounds, sizes):
            for record, matches in self._evaluation.evaluate(kind, records, group):
                yield Candidate((kind, record.id), record, matches)

    def _from_memory(
        self, kind: Kind | None, after: Position | None, reading: _Reading
    ) -> Iterator[Candidate]:
        if kind not in self._gathered:
            gathered = chain.from_iterable(self._gather(each) for each in self._kinds)
            self._gathered[kind] = sorted(gathered, key=_position)
        candidates = self._gathered[kind]
        for each in reversed(candidates) if reading.descending else candidates:
            if after is None or reading.is_behind(each.position, after):
                yield each

    def _gather(self, kind: Kind) -> Iterator[Candidate]:
        search = self._plans[kind]
        if isinstance(search, Lookup):
            identifiers = self._bounded(self._lookups.ids(kind, search.legs))
        else:
            identifiers = self._bounded(each for _, each in self._source.positions(kind, None))
        for batch in _batches(identifiers, repeat(_BATCH)):
            records = self._source.read(kind, batch)
            for record, matches in self._evaluation.evaluate(kind, records):
                yield Candidate(self._position(kind, record), record, matches)

    def _position(self, kind: Kind, record: Record) -> Position:
        if self.order.index is not None:
            return (kind, *self._context.resources.order_key(record, self.order.index))
        resource = record.representation(self._context.base_url)
        return (*self.order.key(kind, resource), kind, record.created, record.id)

    def _members(self, group: str) -> dict[str, Kind]:
        result = self._context.group_members.read(group, self.max_walk)
        if result is not None and not result.complete:
            raise self._too_many()
        return {} if result is None else result.members

    def _bounded(self, identifiers: Iterable[str]) -> Iterator[str]:
        for number, each in enumerate(identifiers):
            if number == self.max_walk:
                raise self._too_many()
            yield each

    def _too_many(self) -> TooManyException:
        instead = (
            "compare an id, a name, an externalId, an e-mail or an employeeNumber with eq, or read "
            "with a cursor"
            if self.order.index is not None
            else "order by userName, displayName or meta.created, or narrow the filter"
        )
        return TooManyException(
            detail=f"this would look at more than {self.max_walk} resources: {instead}"
        )


def _position(candidate: Candidate) -> Position:
    return candidate.position


def _bound(max_walk: int, comparisons: int) -> int:
    """Return how many resources a filter may evaluate: fewer when it has more comparisons."""
    return min(max_walk, max(_MIN_WALK, max_walk * MAX_COMPARISONS // comparisons))


def _sizes(expected: int, most: int = _BATCH) -> Iterator[int]:
    """Yield how many documents to read at a time: the expected ones, then growing batches."""
    while expected > 0:
        yield min(expected, most)
        expected -= most
    size = _EXTRA
    while True:
        yield size
        size = min(2 * size, most)


def _batches(values: Iterable[Any], sizes: Iterable[int]) -> Iterator[list[Any]]:
    iterator = iter(values)
    for size in sizes:
        if not (batch := list(islice(iterator, size))):
            return
        yield batch
