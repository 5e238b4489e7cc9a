"""The resources that a search is about, in its order, each evaluated against its filter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from rollcall.directory.context import Context
from rollcall.scim import filters, planner
from rollcall.scim.cursor import Position
from rollcall.scim.errors import TooManyException
from rollcall.scim.filters import Filter
from rollcall.scim.ordering import Order
from rollcall.scim.planner import ByEntry, ByGroup, ById, ByPrefix, Leg, Lookup
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind

MAX_WALK = 5_000
"""How many resources a filter or an order that nothing answers may have to look at."""

_BATCH = 100


@dataclass(frozen=True)
class Found:
    """A resource, where it stands in the order, and whether it satisfies the filter."""

    position: Position
    record: Record
    matches: bool


@dataclass(frozen=True)
class _Direction:
    """How an order is followed: against the client's, down the keys, from a position itself."""

    backwards: bool
    down: bool
    inclusive: bool

    def is_behind(self, position: Position, after: Position) -> bool:
        """Tell whether a position is reached after another."""
        if position == after:
            return self.inclusive
        return position < after if self.down else position > after


class Matching:
    """What a filter finds among the resources of some types, in an order.

    An order that an index keeps is followed page by page; what a filter looks up, and any other
    order, is gathered in memory first, up to `max_walk` resources.
    """

    def __init__(
        self,
        context: Context,
        kinds: Sequence[Kind],
        parsed: Filter | None,
        order: Order,
        *,
        batch: int = _BATCH,
        max_walk: int = MAX_WALK,
    ) -> None:
        self.order = order
        self.max_walk = max_walk
        self._context = context
        self._kinds = kinds
        self._filter = parsed
        self._batch = _BATCH if parsed is not None else min(batch, _BATCH)
        self._gathered: dict[Kind | None, list[Found]] = {}

    def results(self, after: Position | None = None) -> Iterator[Found]:
        """Yield what matches, behind a position. Raises TooManyException past `max_walk`."""
        for number, each in enumerate(self.looked_at(after)):
            if self._filter is not None and number == self.max_walk:
                raise self._too_many()
            if each.matches:
                yield each

    def looked_at(
        self,
        after: Position | None = None,
        *,
        backwards: bool = False,
        inclusive: bool = False,
    ) -> Iterator[Found]:
        """Yield everything that is looked at, behind a position or, backwards, before it."""
        how = _Direction(backwards, backwards != self.order.descending, inclusive)
        if self.order.index is None:
            yield from self._from_memory(None, after, how)
            return
        for kind in reversed(self._kinds) if backwards else self._kinds:
            within = after
            if after is not None and after[0] != kind:
                ahead = self._kinds.index(kind) > self._kinds.index(Kind(after[0]))
                if ahead == backwards:
                    continue
                within = None
            if isinstance(self._plan(kind), Lookup):
                yield from self._from_memory(kind, within, how)
            else:
                yield from self._from_index(kind, within, how)

    def total(self) -> int | None:
        """Return how many there are, None when only reading all of them would tell."""
        if self.order.index is not None and not all(
            isinstance(self._plan(kind), Lookup) for kind in self._kinds
        ):
            return None
        return sum(each.matches for each in self.looked_at())

    def _plan(self, kind: Kind) -> planner.Plan:
        if self._filter is None:
            return planner.Walk()
        return planner.plan(kind, self._filter.nodes[kind])

    def _from_index(self, kind: Kind, after: Position | None, how: _Direction) -> Iterator[Found]:
        assert self.order.index is not None  # noqa: S101
        listed = self._context.resources.ordered(
            kind,
            self.order.index,
            None if after is None else (after[1], after[2]),
            backwards=how.down,
            inclusive=how.inclusive,
        )
        for batch in _batches(listed, self._batch):
            positions = {identifier: (kind, order, identifier) for order, identifier in batch}
            records = self._context.resources.read_many(kind, positions)
            for record, _, matches in self._evaluated(kind, list(records.values())):
                yield Found(positions[record.id], record, matches)

    def _from_memory(
        self, kind: Kind | None, after: Position | None, how: _Direction
    ) -> Iterator[Found]:
        if kind not in self._gathered:
            every = chain.from_iterable(
                self._gather(each) for each in (self._kinds if kind is None else [kind])
            )
            self._gathered[kind] = sorted(every, key=lambda each: each.position)
        found = self._gathered[kind]
        for each in reversed(found) if how.down else found:
            if after is None or how.is_behind(each.position, after):
                yield each

    def _gather(self, kind: Kind) -> Iterator[Found]:
        plan, store = self._plan(kind), self._context.resources
        if isinstance(plan, Lookup):
            named = self._bounded(self._looked_up(kind, plan.legs))
        else:
            named = self._bounded(store.listed(kind))
        for batch in _batches(named, _BATCH):
            records = list(store.read_many(kind, batch).values())
            for record, resource, matches in self._evaluated(kind, records):
                yield Found(self._position(kind, record, resource), record, matches)

    def _position(self, kind: Kind, record: Record, resource: dict[str, Any]) -> Position:
        if self.order.index is not None:
            return (kind, *self._context.resources.order_key(record, self.order.index))
        return (*self.order.key(kind, resource), kind, record.created, record.id)

    def _evaluated(
        self, kind: Kind, records: Sequence[Record]
    ) -> Iterator[tuple[Record, dict[str, Any], bool]]:
        if self._filter is None:
            for record in records:
                yield record, record.representation(self._context.base_url), True
            return
        for record, resource in self._complete(kind, records, self._filter):
            yield record, resource, self._filter.matches(kind, resource)

    def _complete(
        self, kind: Kind, records: Sequence[Record], parsed: Filter
    ) -> Iterator[tuple[Record, dict[str, Any]]]:
        """Yield representations that hold as much of members and groups as the filter needs."""
        memberships, base_url = self._context.memberships, self._context.base_url
        is_group = kind is Kind.GROUP
        leaves = list(parsed.mentions(kind, "members" if is_group else "groups"))
        named = filters.compared_ids(leaves)
        related: dict[str, dict[str, Kind]] = {record.id: {} for record in records}
        if named is None:
            for each in related:
                related[each] = (
                    self._members(each)
                    if is_group
                    else dict.fromkeys(memberships.groups_of(Kind.USER, each), Kind.GROUP)
                )
        elif named:
            pairs = [
                (each, other) if is_group else (other, each) for each in related for other in named
            ]
            pending = {record.id: record.pending for record in records if record.pending}
            among = self._context.rosters.among(pairs, pending)
            for (group, member), of in among.items():
                if is_group:
                    related[group][member] = of
                else:
                    related[member][group] = Kind.GROUP
        for record in records:
            spliced = related[record.id]
            yield (
                record,
                (
                    record.representation(base_url, members=spliced)
                    if is_group
                    else record.representation(base_url, groups=spliced)
                ),
            )

    def _looked_up(self, kind: Kind, legs: Iterable[Leg]) -> Iterator[str]:
        named: set[str] = set()
        for leg in legs:
            for each in self._under(kind, leg):
                if each not in named:
                    named.add(each)
                    yield each

    def _under(self, kind: Kind, leg: Leg) -> Iterable[str]:
        """Return the ids that a leg names."""
        resources, memberships = self._context.resources, self._context.memberships
        match leg:
            case ById():
                return [leg.id]
            case ByEntry():
                return resources.find(kind, leg.entry, unique=leg.unique)
            case ByPrefix():
                return resources.beginning(kind, leg.prefix)
            case ByGroup():
                return (each for each, of in self._members(leg.id).items() if of is kind)
        return chain(
            memberships.groups_of(Kind.USER, leg.id), memberships.groups_of(Kind.GROUP, leg.id)
        )

    def _members(self, group: str) -> dict[str, Kind]:
        roster = self._context.rosters.read(group)
        return {} if roster is None else roster.members

    def _bounded(self, identifiers: Iterable[str]) -> Iterator[str]:
        for number, each in enumerate(identifiers):
            if number == self.max_walk:
                raise self._too_many()
            yield each

    def _too_many(self) -> TooManyException:
        return TooManyException(
            detail=f"this would look at more than {self.max_walk} resources: compare an id, a "
            "name, an externalId, an e-mail or an employeeNumber with eq, or read with a cursor"
        )


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch
