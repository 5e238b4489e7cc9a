"""Searching: a plan, the documents it names, the filter evaluated on each, one page of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from rollcall.directory.context import Context
from rollcall.scim import filters, planner
from rollcall.scim.discovery import MAX_RESULTS
from rollcall.scim.errors import TooManyException
from rollcall.scim.filters import Filter
from rollcall.scim.planner import ByEntry, ByGroup, ById, Leg, Lookup
from rollcall.scim.projection import Projection
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

MAX_WALK = 5_000
"""How many resources a filter that nothing answers may be evaluated on."""

_BATCH = 100


@dataclass(frozen=True)
class Query:
    """What a search asks for (RFC 7644 section 3.4.2); numbers as clients send them."""

    filter: str | None = None
    start_index: int = 1
    count: int | None = None
    projection: Projection = field(default_factory=Projection)

    @property
    def start(self) -> int:
        """The 1-based index of the first result; what is below 1 counts as 1."""
        return max(self.start_index, 1)

    @property
    def size(self) -> int:
        """The number of results on a page; what is below 0 counts as 0."""
        if self.count is None:
            return MAX_RESULTS // 2
        return min(max(self.count, 0), MAX_RESULTS)


class Search:
    """Searches over the resources of one tenant."""

    def __init__(self, context: Context, max_walk: int = MAX_WALK) -> None:
        self._context = context
        self._max_walk = max_walk

    def run(self, kinds: Sequence[Kind], query: Query) -> dict[str, Any]:
        """Return a ListResponse. Raises InvalidFilterException, TooManyException."""
        if query.filter is None:
            total, records = self._unfiltered(kinds, query)
        else:
            parsed = filters.parse(query.filter, kinds)
            matching = list(chain.from_iterable(self._matching(kind, parsed) for kind in kinds))
            total = len(matching)
            records = matching[query.start - 1 : query.start - 1 + query.size]
        resources = [
            query.projection.apply(record.kind, resource)
            for record, resource in self._shown(records, query.projection)
        ]
        return {
            "schemas": [LIST_RESPONSE],
            "totalResults": total,
            "startIndex": query.start,
            "itemsPerPage": len(resources),
            "Resources": resources,
        }

    def _unfiltered(self, kinds: Sequence[Kind], query: Query) -> tuple[int, list[Record]]:
        store = self._context.resources
        total = sum(store.count(kind) for kind in kinds)
        listed = chain.from_iterable(
            ((kind, each) for each in store.listed(kind)) for kind in kinds
        )
        if query.size == 0:
            return total, []
        page = list(islice(listed, query.start - 1, query.start - 1 + query.size))
        records: list[Record] = []
        for kind in kinds:
            found = store.read_many(kind, [each for of, each in page if of is kind])
            records.extend(found.values())
        return total, records

    def _matching(self, kind: Kind, parsed: Filter) -> Iterator[Record]:
        """Yield the resources that match, in the order of creation."""
        node = parsed.nodes[kind]
        plan = planner.plan(kind, node)
        if isinstance(plan, Lookup):
            found = self._context.resources.read_many(kind, self._looked_up(kind, plan.legs))
            records: Iterable[Record] = sorted(
                found.values(), key=lambda each: (each.created, each.id)
            )
        else:
            records = self._walked(kind)
        for batch in _batches(records, _BATCH):
            for record, resource in self._complete(kind, batch, parsed):
                if parsed.matches(kind, resource):
                    yield record

    def _looked_up(self, kind: Kind, legs: Iterable[Leg]) -> list[str]:
        named: dict[str, None] = {}
        for leg in legs:
            named.update(dict.fromkeys(self._under(kind, leg)))
        return list(named)

    def _under(self, kind: Kind, leg: Leg) -> Iterable[str]:
        """Return the ids that a leg names, at most as many as may be evaluated."""
        if isinstance(leg, ById):
            return [leg.id]
        if isinstance(leg, ByEntry):
            return self._context.resources.find(kind, leg.entry, unique=leg.unique)
        memberships = self._context.memberships
        if isinstance(leg, ByGroup):
            return self._bounded(each for each, of in memberships.members(leg.id) if of is kind)
        return self._bounded(
            chain(memberships.groups_of(Kind.USER, leg.id), memberships.groups_of(kind, leg.id))
        )

    def _walked(self, kind: Kind) -> Iterator[Record]:
        store = self._context.resources
        for batch in _batches(self._bounded(store.listed(kind)), _BATCH):
            yield from store.read_many(kind, batch).values()

    def _bounded(self, identifiers: Iterable[str]) -> Iterator[str]:
        for number, each in enumerate(identifiers):
            if number == self._max_walk:
                raise TooManyException(
                    detail=f"the filter would look at more than {self._max_walk} resources: "
                    "compare an id, a name, an externalId, an e-mail or an employeeNumber with eq"
                )
            yield each

    def _complete(
        self, kind: Kind, records: Sequence[Record], parsed: Filter
    ) -> Iterator[tuple[Record, dict[str, Any]]]:
        """Yield representations that hold as much of members and groups as the filter needs."""
        context = self._context
        side = "members" if kind is Kind.GROUP else "groups"
        leaves = list(parsed.mentions(kind, side))
        named = filters.compared_ids(leaves)
        related: dict[str, dict[str, Kind]] = {record.id: {} for record in records}
        if named is None:
            for record in records:
                related[record.id] = self._related(record)
        elif named:
            pairs = [
                (record.id, each) if kind is Kind.GROUP else (each, record.id)
                for record in records
                for each in named
            ]
            for (group, member), of in context.memberships.members_among(pairs).items():
                if kind is Kind.GROUP:
                    related[group][member] = of
                else:
                    related[member][group] = Kind.GROUP
        for record in records:
            yield record, _represented(record, related[record.id], context.base_url)

    def _shown(
        self, records: Iterable[Record], projection: Projection
    ) -> Iterator[tuple[Record, dict[str, Any]]]:
        """Yield representations as lists show them: groups of users only when asked for."""
        for record in records:
            wanted = (
                projection.returns(Kind.GROUP, "members")
                if record.kind is Kind.GROUP
                else projection.names(Kind.USER, "groups")
            )
            related = self._related(record) if wanted else {}
            yield record, _represented(record, related, self._context.base_url)

    def _related(self, record: Record) -> dict[str, Kind]:
        memberships = self._context.memberships
        if record.kind is Kind.GROUP:
            return dict(memberships.members(record.id))
        return dict.fromkeys(memberships.groups_of(Kind.USER, record.id), Kind.GROUP)


def _represented(record: Record, related: dict[str, Kind], base_url: str) -> dict[str, Any]:
    if record.kind is Kind.GROUP:
        return record.representation(base_url, members=related)
    return record.representation(base_url, groups=related)


def _batches(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch
