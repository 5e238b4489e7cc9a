"""One tenant's directory: users, groups and searches over both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

from rollcall.directory import deletion, large_changes
from rollcall.directory.account_changes import AccountChanges
from rollcall.directory.bulk import Bulk
from rollcall.directory.context import Clock, Context, FindDuplicate, no_duplicate, present
from rollcall.directory.groups import Groups
from rollcall.directory.request_log import RequestTrail
from rollcall.directory.search import Search
from rollcall.directory.users import Users
from rollcall.model.account_link import LinkPolicy
from rollcall.model.actor import Actor
from rollcall.scim.cursor import Seal
from rollcall.scim.errors import NotFoundException
from rollcall.scim.member_operations import AbsentMembers
from rollcall.scim.resource_models import ROLLCALL, ROLLCALL_GROUP, Kind
from rollcall.storage.large_change_items import Unfinished
from rollcall.storage.table import Table
from rollcall.templates.access_levels import AccessLevels

_NOBODY = Actor()
_SCALES = AccessLevels()


class Directory:
    """What a tenant keeps; bound to it once, so that no operation takes a tenant.

    `caller` names the token that asks, `key` signs the tenant's cursors; what is written says that
    `origin` caused it, and `trail` tells of it in the log. `linking` is the tenant's link policy,
    None where an operator asks; `scales` are the levels and the roles of access. `moved` says that
    the tenant's names are known to be under the keys of this release. `find_duplicate` finds the
    duplicate that the creation of a user makes.
    """

    def __init__(
        self,
        table: Table,
        tenant: str,
        base_url: str = "",
        *,
        caller: str = "",
        key: bytes = b"",
        origin: Actor = _NOBODY,
        trail: RequestTrail | None = None,
        linking: LinkPolicy | None = None,
        moved: bool = False,
        absent_members: AbsentMembers = AbsentMembers.KEEP,
        scales: AccessLevels = _SCALES,
        clock: Clock = present,
        find_duplicate: FindDuplicate = no_duplicate,
    ) -> None:
        self.trail = trail or RequestTrail()
        context = Context.of(
            table,
            tenant,
            base_url,
            origin,
            linking,
            moved=moved,
            absent_members=absent_members,
            trail=self.trail,
            scales=scales,
            clock=clock,
            find_duplicate=find_duplicate,
        )
        self._context = context
        self._resources = context.resources
        self._patience = table.patience
        self.users = Users(context)
        self.groups = Groups(context)
        self.search = Search(context, Seal(key), caller)
        self.bulk = Bulk(context, self.users, self.groups)
        self.accounts = AccountChanges(context)

    def unused(self) -> frozenset[str]:
        """Return the extensions that say nothing of who lives: our own until a template is set."""
        own = frozenset({ROLLCALL, ROLLCALL_GROUP})
        return frozenset() if self._context.templates.read().edition else own

    def counts(self, *, linked: bool = False) -> dict[Kind, int]:
        """Return how many resources of each type there are, or how many `linked` ones."""
        return {kind: self._resources.count(kind, linked=linked) for kind in Kind}

    def finish(self, unfinished: Unfinished, seconds: float | None = None) -> bool:
        """Go on with what was begun here, as far as time allows; tell whether it is finished."""
        if unfinished.change:
            return large_changes.finish(self._context, unfinished.id, unfinished.change, seconds)
        return deletion.finish(self._context, unfinished.id, seconds)

    def clear(self) -> Iterator[Kind]:
        """Delete all groups and users, yielding the type of each; may be repeated at any point.

        What was begun and not finished is finished, so that no sweep goes on with it afterwards.
        What the listing does not show yet is waited for as long as a request would be.
        """
        delete: dict[Kind, Callable[[str], None]] = {
            Kind.GROUP: self.groups.delete,
            Kind.USER: self.users.delete,
        }
        for kind, remove in delete.items():
            for _ in self._patience.pauses():
                for identifier in self._resources.listed(kind):
                    with suppress(NotFoundException):  # somebody else was faster
                        remove(identifier)
                        yield kind
                if self._resources.count(kind) <= 0:
                    break
            for left in list(self._context.journal.leavers()):
                while not deletion.finish(self._context, left):
                    yield kind
