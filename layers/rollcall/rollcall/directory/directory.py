"""One tenant's directory: users, groups and searches over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from rollcall.directory import deletion, held_deletion, large_changes, template_walk
from rollcall.directory.bulk import Bulk
from rollcall.directory.context import Context
from rollcall.directory.groups import Groups
from rollcall.directory.search import Search
from rollcall.directory.users import Users
from rollcall.scim.errors import NotFoundException
from rollcall.scim.resource_type import ROLLCALL, ROLLCALL_GROUP, Kind
from rollcall.storage.large_change_items import UnfinishedChange


@dataclass(frozen=True)
class Directory:
    """The directory of the tenant of a context, which no operation has to name again."""

    context: Context

    @cached_property
    def users(self) -> Users:
        """The users of the tenant."""
        return Users(self.context)

    @cached_property
    def groups(self) -> Groups:
        """The groups of the tenant."""
        return Groups(self.context)

    @cached_property
    def search(self) -> Search:
        """The searches over users and groups."""
        return Search(self.context)

    @cached_property
    def bulk(self) -> Bulk:
        """The bulk requests on users and groups."""
        return Bulk(self.context, self.users, self.groups)

    def unused_extensions(self) -> frozenset[str]:
        """Return the extensions that no resource has: ours, until a template is set."""
        own = frozenset({ROLLCALL, ROLLCALL_GROUP})
        return frozenset() if self.context.templates.read().edition else own

    def counts(self, *, linked: bool = False) -> dict[Kind, int]:
        """Return how many resources of each type there are, or how many `linked` ones."""
        return {kind: self.context.resources.count(kind, linked=linked) for kind in Kind}

    def finish(self, unfinished: UnfinishedChange, seconds: float | None = None) -> bool:
        """Continue an unfinished change as far as time allows; tell whether it is finished."""
        if unfinished.change:
            return large_changes.finish(self.context, unfinished.id, unfinished.change, seconds)
        if unfinished.template:
            return template_walk.finish(self.context, unfinished.template, unfinished.id, seconds)
        if unfinished.returned:
            return held_deletion.finish_return(self.context, unfinished.id, seconds)
        return deletion.finish(self.context, unfinished.id, seconds)

    def clear(self) -> Iterator[Kind]:
        """Delete all groups and users, yielding the type of each; may be repeated at any point.

        Unfinished changes are finished, so that no sweep continues them afterwards. What the
        listing does not show yet is waited for as long as a request would be.
        """
        delete: dict[Kind, Callable[[str], None]] = {
            Kind.GROUP: self.groups.delete,
            Kind.USER: self.users.delete,
        }
        resources = self.context.resources
        for kind, remove in delete.items():
            for _ in self.context.table.retry.attempts():
                for identifier in resources.ids(kind):
                    with suppress(NotFoundException):  # another writer deleted it
                        remove(identifier)
                        yield kind
                if resources.count(kind) <= 0:
                    break
            for left in list(self.context.large_changes.unfinished_deletions()):
                while not deletion.finish(self.context, left):
                    yield kind
