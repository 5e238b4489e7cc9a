"""One tenant's directory: users, groups and searches over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rollcall.directory.context import Context
from rollcall.directory.groups import Groups
from rollcall.directory.search import Search
from rollcall.directory.users import Users
from rollcall.scim.resources import Kind
from rollcall.storage.memberships import Memberships
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table


class Directory:
    """What a tenant keeps; bound to it once, so that no operation takes a tenant."""

    def __init__(self, table: Table, tenant: str, base_url: str = "") -> None:
        context = Context(table, Resources(table, tenant), Memberships(table, tenant), base_url)
        self._resources = context.resources
        self.users = Users(context)
        self.groups = Groups(context)
        self.search = Search(context)

    def counts(self) -> dict[Kind, int]:
        """Return how many resources of each type there are."""
        return {kind: self._resources.count(kind) for kind in Kind}

    def clear(self) -> Iterator[Kind]:
        """Delete all groups and users, yielding the type of each; may be repeated at any point."""
        delete: dict[Kind, Callable[[str], None]] = {
            Kind.GROUP: self.groups.delete,
            Kind.USER: self.users.delete,
        }
        for kind, remove in delete.items():
            for identifier in self._resources.listed(kind):
                if self._resources.read(kind, identifier) is not None:
                    remove(identifier)
                    yield kind
        self._resources.forget()
