"""Searching: a plan, the documents it names, the filter evaluated on each, one page of the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rollcall.directory import bounds
from rollcall.directory.context import Context
from rollcall.directory.matching import Found, Matching
from rollcall.scim import filters, ordering
from rollcall.scim.cursor import Cursor, Position, Seal
from rollcall.scim.discovery import MAX_RESULTS
from rollcall.scim.errors import InvalidValueException, TooManyException
from rollcall.scim.filters import Filter
from rollcall.scim.ordering import Order
from rollcall.scim.projection import Projection
from rollcall.scim.record import Record
from rollcall.scim.resources import Kind

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass(frozen=True)
class Query:
    """What a search asks for (RFC 7644 section 3.4.2, RFC 9865); numbers as clients send them."""

    filter: str | None = None
    start_index: int | None = None
    count: int | None = None
    cursor: str | None = None
    sort_by: str | None = None
    sort_order: str | None = None
    projection: Projection = field(default_factory=Projection)

    @property
    def start(self) -> int:
        """The 1-based index of the first result; what is below 1 counts as 1."""
        return max(self.start_index or 1, 1)

    @property
    def size(self) -> int:
        """The number of results on a page; what is below 0 counts as 0."""
        if self.count is None:
            return MAX_RESULTS // 2
        return min(max(self.count, 0), MAX_RESULTS)


@dataclass
class _Page:
    """Some results in order; `more` says that there are others behind, `end` where they begin."""

    found: list[Found]
    more: bool
    end: Position | None

    def cut(self, number: int, *, backwards: bool) -> _Page:
        """Return the page with the first results only, in the direction of reading."""
        if number == len(self.found):
            return self
        kept = self.found[-number:] if backwards else self.found[:number]
        return _Page(kept, more=True, end=kept[0 if backwards else -1].position)

    def around(self, at: Cursor | None, size: int) -> tuple[Cursor | None, Cursor | None]:
        """Return the cursors of the next and of the previous page, None where there is none.

        The one in the direction of reading begins where reading ended; the other one at the first
        result or, where there is none, at the position from which reading began.
        """
        backwards = at is not None and at.backwards
        ahead = back = None
        if self.more and self.end is not None:
            ahead = Cursor(self.end, size, backwards)
        if self.found and at is not None:
            edge = self.found[-1] if backwards else self.found[0]
            back = Cursor(edge.position, size, not backwards)
        elif at is not None:
            back = Cursor(at.position, size, not backwards, not at.inclusive)
        return (back, ahead) if backwards else (ahead, back)


class Search:
    """Searches over the resources of one tenant, on behalf of one of its tokens."""

    def __init__(self, context: Context, seal: Seal, caller: str = "") -> None:
        self._context = context
        self._seal = seal
        self._caller = caller

    def run(self, kinds: Sequence[Kind], query: Query) -> dict[str, Any]:
        """Return a ListResponse.

        Raises InvalidFilterException, TooManyException, InvalidPathException and the three of
        RFC 9865 for cursors.
        """
        parsed = None if query.filter is None else filters.parse(query.filter, kinds)
        order = ordering.order(kinds, query.sort_by, query.sort_order)
        matching = Matching(self._context, kinds, parsed, order, batch=query.size + 1)
        if query.cursor is None:
            return self._by_index(kinds, query, parsed, order, matching)
        if query.start_index is not None:
            raise InvalidValueException(detail="cursor and startIndex exclude each other")
        return self._by_cursor(kinds, query, parsed, matching)

    def _by_index(
        self,
        kinds: Sequence[Kind],
        query: Query,
        parsed: Filter | None,
        order: Order,
        matching: Matching,
    ) -> dict[str, Any]:
        if parsed is None and order.index is not None:
            total = self._count(kinds)
            found = self._indexed_page(kinds, query, matching) if query.size else []
        else:
            every = list(matching.results())
            total = len(every)
            found = every[query.start - 1 : query.start - 1 + query.size]
        shown = self._shown(found, query.projection)
        if parsed is None and order.index is not None:
            self._keep(kinds, query, found[: len(shown)], total)
        return {
            "schemas": [LIST_RESPONSE],
            "totalResults": total,
            "startIndex": query.start,
            "itemsPerPage": len(shown),
            "Resources": shown,
        }

    def _indexed_page(self, kinds: Sequence[Kind], query: Query, matching: Matching) -> list[Found]:
        """Return a page of everything; behind a page that was read before, from where it ended.

        That also keeps who reads page after page from missing or repeating anybody while others
        are created and deleted.
        """
        bookmarks, now = self._context.bookmarks, self._context.clock()
        after: Position | None = None
        skipped = query.start - 1
        walk = self._walk(kinds, query)
        if skipped and (kept := bookmarks.read(walk, query.start, now)) is not None:
            after, skipped = tuple(json.loads(kept)), 0
        return list(islice(matching.results(after), skipped, skipped + query.size))

    def _keep(
        self, kinds: Sequence[Kind], query: Query, shown: Sequence[Found], total: int
    ) -> None:
        """Remember where a page ended, unless it was the last one."""
        behind = query.start + len(shown)
        if shown and behind <= total:
            position = json.dumps(list(shown[-1].position))
            walk, now = self._walk(kinds, query), self._context.clock()
            self._context.bookmarks.keep(walk, behind, position, now)

    def _walk(self, kinds: Sequence[Kind], query: Query) -> str:
        return f"{self._caller}\n{_name(kinds, query)}\n{query.size}"

    def _by_cursor(
        self, kinds: Sequence[Kind], query: Query, parsed: Filter | None, matching: Matching
    ) -> dict[str, Any]:
        now, name = self._context.clock().timestamp(), _name(kinds, query)
        at: Cursor | None = None
        if query.cursor:
            at = self._seal.open(query.cursor, name, query.count, now)
        size = query.size if at is None else at.count
        page, backwards = _page(matching, at, size), at is not None and at.backwards
        reading = page.found[::-1] if backwards else page.found
        shown = self._shown(reading, query.projection)
        page = page.cut(len(shown), backwards=backwards)
        response: dict[str, Any] = {"schemas": [LIST_RESPONSE]}
        if parsed is None and matching.order.index is not None:
            response["totalResults"] = self._count(kinds)
        elif (total := matching.total()) is not None:
            response["totalResults"] = total
        elif at is None and not page.more:
            response["totalResults"] = len(page.found)
        response["itemsPerPage"] = len(page.found)
        following, previous = page.around(at, size)
        if following is not None and size:
            response["nextCursor"] = self._seal.close(following, name, now)
        if previous is not None and size:
            response["previousCursor"] = self._seal.close(previous, name, now)
        response["Resources"] = shown[::-1] if backwards else shown
        return response

    def _count(self, kinds: Iterable[Kind]) -> int:
        return sum(self._context.resources.count(kind) for kind in kinds)

    def _shown(self, found: Iterable[Found], projection: Projection) -> list[dict[str, Any]]:
        """Return representations as lists show them, the first of them when not all fit an answer.

        Raises TooManyException when not even one does.
        """
        shown: list[dict[str, Any]] = []
        room = bounds.MAX_ANSWER
        for each in found:
            try:
                resource = self._representation(each.record, projection)
            except TooManyException:
                if shown:
                    break
                raise
            room -= bounds.size(resource)
            if room < 0 and shown:
                break
            shown.append(resource)
        return shown

    def _representation(self, record: Record, projection: Projection) -> dict[str, Any]:
        """Return a resource as lists show it: groups of users only when asked for."""
        context = self._context
        members = groups = None
        if record.kind is Kind.GROUP and projection.returns(Kind.GROUP, "members"):
            roster = context.rosters.read(record.id, bounds.most_members(context.base_url))
            if roster is not None and not roster.whole:
                raise bounds.too_many_members(record.id)
            members = None if roster is None else roster.members
        elif record.kind is Kind.USER and projection.names(Kind.USER, "groups"):
            groups = context.memberships.groups_of(Kind.USER, record.id)
        resource = record.representation(context.base_url, members=members, groups=groups)
        return projection.apply(record.kind, resource)


def _page(matching: Matching, at: Cursor | None, size: int) -> _Page:
    """Read one page from a cursor; it ends early where too much would have to be looked at."""
    after, backwards = (None, False) if at is None else (at.position, at.backwards)
    found: list[Found] = []
    looked_at, end, more = 0, after, False
    inclusive = at is not None and at.inclusive
    for each in matching.looked_at(after, backwards=backwards, inclusive=inclusive):
        if looked_at == matching.max_walk or (len(found) == size and each.matches):
            more = True
            break
        looked_at, end = looked_at + 1, each.position
        if each.matches:
            found.append(each)
    return _Page(found[::-1] if backwards else found, more, end)


def _name(kinds: Iterable[Kind], query: Query) -> str:
    """Name all that an order of results depends on, to bind cursors and bookmarks to it."""
    return json.dumps([list(kinds), query.filter, query.sort_by, (query.sort_order or "").lower()])
