"""Evaluating a filter on stored resources (RFC 7644 section 3.4.2.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rollcall.directory.context import Context
from rollcall.model.record import Record
from rollcall.scim import member_operations
from rollcall.scim.errors import TooManyException
from rollcall.scim.filters import Filter
from rollcall.scim.resource_type import Kind

MAX_MEMBERSHIPS = 50_000
"""How many memberships a filter may read that compares all of them."""


class FilterEvaluation:
    """A filter, or none, with reads of the members and groups that it compares."""

    def __init__(self, context: Context, parsed: Filter | None) -> None:
        self._context = context
        self._filter = parsed
        self._room = MAX_MEMBERSHIPS

    def evaluate(
        self, kind: Kind, records: Sequence[Record], group: str | None = None
    ) -> Iterator[tuple[Record, bool]]:
        """Yield each record, and whether it matches.

        `group` is one that has all of the records as members.
        """
        if self._filter is None:
            yield from ((record, True) for record in records)
            return
        is_plain = kind in self._filter.predicates
        related = {} if is_plain else self._related(kind, records, self._filter, group)
        for record in records:
            others = related.get(record.id)
            resource: Mapping[str, Any]
            if is_plain and not record.access.defaults:
                resource = record.document
            elif kind is Kind.GROUP:
                resource = record.representation(self._context.base_url, members=others)
            else:
                resource = record.representation(self._context.base_url, groups=others)
            self._spend(kind, resource, self._filter)
            yield record, self._filter.matches(kind, resource)

    def _spend(self, kind: Kind, resource: Mapping[str, Any], parsed: Filter) -> None:
        """Take the cost of one evaluation from the budget. Raises TooManyException."""
        budget = self._context.budget
        budget.allow()
        if not budget.spend(parsed.looks(kind, resource)):
            raise TooManyException(
                detail="the filter compares too many values: compare less at once, or narrow it by "
                "an id, a name, an externalId, an e-mail or an employeeNumber with eq"
            )

    def _related(
        self, kind: Kind, records: Sequence[Record], parsed: Filter, group: str | None
    ) -> dict[str, dict[str, Kind]]:
        """Return the members of groups, or the groups of users, that the filter compares."""
        is_group = kind is Kind.GROUP
        known = {} if group is None else {group: Kind.GROUP}
        related: dict[str, dict[str, Kind]] = {record.id: {**known} for record in records}
        ids = member_operations.compared_ids(
            parsed.mentions(kind, "members" if is_group else "groups")
        )
        if ids is None:
            return {each: self._all(kind, each) for each in related}
        pairs = [
            (each, other) if is_group else (other, each)
            for each in related
            for other in ids
            if other not in known
        ]
        pending = {record.id: record.pending for record in records if record.pending}
        for (container, member), of in self._context.group_members.existing(pairs, pending).items():
            if is_group:
                related[container][member] = of
            else:
                related[member][container] = Kind.GROUP
        return related

    def _all(self, kind: Kind, identifier: str) -> dict[str, Kind]:
        """Return all members of a group, or all groups of a user. Raises TooManyException."""
        if kind is Kind.USER:
            groups = self._context.memberships.groups_of(Kind.USER, identifier)
            related = dict.fromkeys(groups, Kind.GROUP)
        else:
            result = self._context.group_members.read(identifier, self._room)
            related = {} if result is None else result.members
        self._room -= len(related)
        self._context.budget.allow(len(related))
        if self._room < 0:
            raise TooManyException(
                detail=f"this would look at more than {MAX_MEMBERSHIPS} memberships: compare "
                "members.value or groups.value with eq"
            )
        return related
