"""Search: from a query to one page of results (RFC 7644 section 3.4.2, RFC 9865)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rollcall.directory import response_limits
from rollcall.directory.context import Context
from rollcall.directory.matching import Candidate, Matching
from rollcall.directory.members import ReadConflict
from rollcall.model.record import Record
from rollcall.scim import filters, ordering
from rollcall.scim.cursor import Cursor, CursorSigner, Position
from rollcall.scim.discovery import MAX_RESULTS
from rollcall.scim.errors import (
    InvalidCountException,
    InvalidValueException,
    TooManyException,
    Unavailable,
)
from rollcall.scim.filters import Filter
from rollcall.scim.projection import Projection
from rollcall.scim.resource_type import Kind

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass(frozen=True)
class Query:
    """The parameters of a search; numbers as clients send them."""

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
    """Some results in order; `more` says that others follow, `end` after which position."""

    results: list[Candidate]
    more: bool
    end: Position | None

    def cut(self, number: int, *, backwards: bool) -> _Page:
        """Return the page with the first results only, in the direction of reading."""
        if number == len(self.results):
            return self
        results = self.results[-number:] if backwards else self.results[:number]
        return _Page(results, more=True, end=results[0 if backwards else -1].position)

    def around(self, at: Cursor | None, size: int) -> tuple[Cursor | None, Cursor | None]:
        """Return the cursors of the next and of the previous page, None where there is none.

        The one in the direction of reading begins where reading ended; the other one at the first
        result or, where there is none, at the position from which reading began.
        """
        backwards = at is not None and at.backwards
        ahead = back = None
        if self.more and self.end is not None:
            ahead = Cursor(self.end, size, backwards)
        if self.results and at is not None:
            edge = self.results[-1] if backwards else self.results[0]
            back = Cursor(edge.position, size, not backwards)
        elif at is not None:
            back = Cursor(at.position, size, not backwards, not at.inclusive)
        return (back, ahead) if backwards else (ahead, back)


class Search:
    """Searches over the resources of one tenant."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._signer = CursorSigner(context.key)

    def run(self, kinds: Sequence[Kind], query: Query) -> dict[str, Any]:
        """Return a ListResponse.

        Raises InvalidFilterException, TooManyException, InvalidPathException, the three exceptions
        of RFC 9865 for cursors, and Unavailable when members change during every attempt.
        """
        parsed = None if query.filter is None else filters.parse(query.filter, kinds)
        order = ordering.order(kinds, query.sort_by, query.sort_order)
        if query.cursor is not None and query.start_index is not None:
            raise InvalidValueException(detail="cursor and startIndex exclude each other")
        read = self._by_index if query.cursor is None else self._by_cursor
        for _ in self._context.table.retry.attempts():
            with suppress(ReadConflict):
                matching = Matching(self._context, kinds, parsed, order)
                page = read(kinds, query, parsed, matching)
                if parsed is not None and page.get("totalResults") == 0:
                    self._context.log.add_missed_lookup(parsed.compared())
                return page
        raise Unavailable("the members of the group change too often to be read, try again")

    def _by_index(
        self, kinds: Sequence[Kind], query: Query, parsed: Filter | None, matching: Matching
    ) -> dict[str, Any]:
        """Return a page by its index; it begins where the page before ended, if that is known.

        So a client that reads page after page misses and repeats no resource while others are
        created and deleted.
        """
        walk = f"{self._context.actor.token}\n{_name(kinds, query)}\n{query.size}"
        after = self._bookmark(walk, query)
        skip = 0 if after is not None else query.start - 1
        results: Iterable[Candidate] = ()
        if parsed is None and matching.order.index is not None:
            total = self._count(kinds)
            if query.size:
                results = matching.results(after, expected=query.size, skip=skip)
        else:
            matches = list(matching.results())
            total = len(matches)
            results = (
                islice(matches, skip, None) if after is None else matching.after(matches, after)
            )
        page = list(islice(results, query.size))
        resources = self._representations(page, query.projection)
        next_index = query.start + len(resources)
        # After the first page the total may be below the index, when results were deleted.
        if resources and (next_index <= total or (query.start > 1 and len(page) == query.size)):
            position = json.dumps(list(page[len(resources) - 1].position))
            self._context.bookmarks.write(walk, next_index, position, self._context.clock())
        return {
            "schemas": [LIST_RESPONSE],
            "totalResults": total,
            "startIndex": query.start,
            "itemsPerPage": len(resources),
            "Resources": resources,
        }

    def _bookmark(self, walk: str, query: Query) -> Position | None:
        """Return the position where the page before ended, None when it is not known."""
        if query.start == 1 or not query.size:
            return None
        position = self._context.bookmarks.read(walk, query.start, self._context.clock())
        return None if position is None else tuple(json.loads(position))

    def _by_cursor(
        self, kinds: Sequence[Kind], query: Query, parsed: Filter | None, matching: Matching
    ) -> dict[str, Any]:
        now, name = self._context.clock().timestamp(), _name(kinds, query)
        if query.count is not None and not 0 <= query.count <= MAX_RESULTS:
            raise InvalidCountException(detail=f"count must be between 0 and {MAX_RESULTS}")
        at: Cursor | None = None
        if query.cursor:
            at = self._signer.open(query.cursor, name, query.count, now)
        size = query.size if at is None else at.count
        if not size:
            return self._by_index(kinds, query, parsed, matching)
        page, backwards = _page(matching, at, size), at is not None and at.backwards
        ordered = page.results[::-1] if backwards else page.results
        resources = self._representations(ordered, query.projection)
        page = page.cut(len(resources), backwards=backwards)
        response: dict[str, Any] = {"schemas": [LIST_RESPONSE]}
        if parsed is None and matching.order.index is not None:
            response["totalResults"] = self._count(kinds)
        elif (total := matching.total()) is not None:
            response["totalResults"] = total
        elif at is None and not page.more:
            response["totalResults"] = len(page.results)
        response["itemsPerPage"] = len(page.results)
        following, previous = page.around(at, size)
        if following is not None:
            response["nextCursor"] = self._signer.close(following, name, now)
        if previous is not None:
            response["previousCursor"] = self._signer.close(previous, name, now)
        response["Resources"] = resources[::-1] if backwards else resources
        return response

    def _count(self, kinds: Iterable[Kind]) -> int:
        return sum(self._context.resources.count(kind) for kind in kinds)

    def _representations(
        self, results: Iterable[Candidate], projection: Projection
    ) -> list[dict[str, Any]]:
        """Return the representations in a list, only the first ones when not all fit an answer.

        Raises TooManyException when not even one does.
        """
        resources: list[dict[str, Any]] = []
        room = response_limits.MAX_ANSWER
        for each in results:
            try:
                resource = self._representation(each.record, projection)
            except TooManyException:
                if resources:
                    break
                raise
            room -= response_limits.size(resource)
            if room < 0 and resources:
                break
            resources.append(resource)
        return resources

    def _representation(self, record: Record, projection: Projection) -> dict[str, Any]:
        """Return a resource for a list, with the groups of a user only when requested."""
        context = self._context
        members = groups = None
        if record.deleted:
            return projection.apply(record.kind, record.representation(context.base_url))
        if record.kind is Kind.GROUP and projection.returns(Kind.GROUP, "members"):
            group = context.group_members.read(
                record.id, response_limits.most_members(context.base_url)
            )
            if group is not None and not group.complete:
                raise response_limits.too_many_members(record.id)
            members = None if group is None else group.members
        elif record.kind is Kind.USER and projection.names(Kind.USER, "groups"):
            groups = context.memberships.groups_of(Kind.USER, record.id)
        resource = record.representation(context.base_url, members=members, groups=groups)
        return projection.apply(record.kind, resource)


def _page(matching: Matching, at: Cursor | None, size: int) -> _Page:
    """Read one page from a cursor; it ends early when too many resources would be evaluated."""
    after, backwards = (None, False) if at is None else (at.position, at.backwards)
    results: list[Candidate] = []
    evaluated, end, more = 0, after, False
    inclusive = at is not None and at.inclusive
    try:
        for each in matching.candidates(
            after, backwards=backwards, inclusive=inclusive, expected=size + 1
        ):
            if evaluated == matching.max_walk or (len(results) == size and each.matches):
                more = True
                break
            evaluated, end = evaluated + 1, each.position
            if each.matches:
                results.append(each)
    except TooManyException:
        if not evaluated:
            raise
        more = True
    return _Page(results[::-1] if backwards else results, more, end)


def _name(kinds: Iterable[Kind], query: Query) -> str:
    """Return the parts of a query that the order depends on; cursors are bound to them."""
    return json.dumps([list(kinds), query.filter, query.sort_by, (query.sort_order or "").lower()])
