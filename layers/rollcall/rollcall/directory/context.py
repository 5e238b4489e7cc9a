"""The context of an operation on one tenant's directory: its tables, its rules, its commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol, TypeAlias
from uuid import uuid4

from rollcall.directory.request_log import Charge, RequestEntries, uncharged
from rollcall.model.absent_members import AbsentMembers
from rollcall.model.account_link import LinkPolicy
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim.budget import Budget
from rollcall.scim.errors import NotFoundException, Unavailable, UniquenessException
from rollcall.scim.instant import instant
from rollcall.scim.resource_type import Kind
from rollcall.storage.aliases import Aliases
from rollcall.storage.bookmarks import Bookmarks
from rollcall.storage.change_index import ChangeIndex
from rollcall.storage.gone_values import GoneValues
from rollcall.storage.grant_items import GrantItems
from rollcall.storage.group_members import GroupMembers
from rollcall.storage.held_accounts import HeldAccounts
from rollcall.storage.index_entries import CLAIMED
from rollcall.storage.large_change_items import LargeChangeItems
from rollcall.storage.memberships import Memberships
from rollcall.storage.purge_stop import PurgeStop
from rollcall.storage.resource_writes import ResourceWrites
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table
from rollcall.storage.template_items import TemplateItems
from rollcall.storage.template_walks import TemplateWalks
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.access_levels import AccessLevels

Clock: TypeAlias = Callable[[], datetime]

MEMBERS_OF_AN_OPERATION = 50
"""The members that a request may change for each operation that it counts as.

Each member gets another version, which moves it in the order of change as any other write does.
"""

_NAMES = {Kind.USER: "userName", Kind.GROUP: "displayName"}


def present() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class Duplicate(Protocol):
    """A duplicate that a creation makes."""

    @property
    def detail(self) -> str:
        """The sentence about it in the log: ids, no personal data."""
        ...

    @property
    def actions(self) -> Sequence[Action]:
        """The actions that store and announce it."""
        ...


FindDuplicate: TypeAlias = Callable[[Record], Duplicate | None]


def no_duplicate(_: Record) -> None:
    """Find no duplicate: the default."""


@dataclass(frozen=True)
class Context:
    """One request on one tenant; the objects that access the table are made when they are used.

    `base_url` is the base URL of the tenant, `actor` the one who makes the changes. The rules are
    the tenant's: `linking` is its link policy, None when an operator acts; `absent_members` is the
    effect of a PUT of a group without members; `grace` is how many days deletions wait; `moved`
    tells that all of its names have the keys of this release; `key` signs its cursors, and makes
    the hashes of what deleted users had. `log` collects the entries of the request in the
    provisioning log, `budget` limits its work, `charge` counts further operations of it for the
    rate of the tenant, and `find_duplicate` finds the duplicate that the creation of a user makes.
    """

    table: Table
    tenant: str
    base_url: str = ""
    actor: Actor = field(default_factory=Actor)
    linking: LinkPolicy | None = None
    absent_members: AbsentMembers = AbsentMembers.KEEP
    moved: bool = False
    grace: int = 0
    key: bytes = field(default=b"", repr=False)
    access_levels: AccessLevels = field(default_factory=AccessLevels)
    log: RequestEntries = field(default_factory=RequestEntries)
    find_duplicate: FindDuplicate = no_duplicate
    charge: Charge = uncharged
    clock: Clock = present
    new_id: Callable[[], str] = lambda: str(uuid4())
    budget: Budget = field(default_factory=Budget)

    @cached_property
    def resources(self) -> Resources:
        """The reads of users and groups."""
        return Resources(self.table, self.tenant, moved=self.moved)

    @cached_property
    def writes(self) -> ResourceWrites:
        """The actions that change users and groups."""
        return ResourceWrites(self.table, self.tenant, self.actor, moved=self.moved)

    @cached_property
    def memberships(self) -> Memberships:
        """The memberships as they are stored."""
        return Memberships(self.table, self.tenant, self.actor)

    @cached_property
    def group_members(self) -> GroupMembers:
        """The members of groups as readers see them."""
        return GroupMembers(self.table, self.tenant)

    @cached_property
    def large_changes(self) -> LargeChangeItems:
        """The changes that are larger than a transaction."""
        return LargeChangeItems(self.table, self.tenant)

    @cached_property
    def aliases(self) -> Aliases:
        """The ids of users that were merged into others."""
        return Aliases(self.table, self.tenant, self.actor, moved=self.moved)

    @cached_property
    def templates(self) -> TemplateItems:
        """The New User Templates."""
        return TemplateItems(self.table, self.tenant)

    @cached_property
    def grants(self) -> GrantItems:
        """The grants of users."""
        return GrantItems(self.table, self.tenant)

    @cached_property
    def template_walks(self) -> TemplateWalks:
        """The walks that bring members to the current versions of templates."""
        return TemplateWalks(self.table, self.tenant)

    @cached_property
    def bookmarks(self) -> Bookmarks:
        """The positions at which pages by index ended."""
        return Bookmarks(self.table, self.tenant)

    @cached_property
    def change_index(self) -> ChangeIndex:
        """The order in which resources changed."""
        return ChangeIndex(self.table, self.tenant)

    @cached_property
    def gone_values(self) -> GoneValues:
        """The values that deleted users had."""
        return GoneValues(self.table, self.tenant, self.key)

    @cached_property
    def held_accounts(self) -> HeldAccounts:
        """The accounts whose deletion waits."""
        return HeldAccounts(self.table, self.tenant)

    @cached_property
    def purge_stop(self) -> PurgeStop:
        """Whether the purges of held accounts are stopped."""
        return PurgeStop(self.table, self.tenant)

    @property
    def capacity(self) -> int:
        """How many actions `commit` takes."""
        return self.table.max_actions - self.log.actions

    def commit(self, actions: Sequence[Action], detail: str = "") -> None:
        """Apply the actions of one write together with its log entry, all or none.

        `detail` is a sentence for the entry. Raises ConditionFailed.
        """
        self.table.transact([*actions, *self.log.write_actions(detail)])
        self.log.note_written()

    def charge_members(self, number: int, counted: int = 0) -> None:
        """Count members that a request has changed or will change, beyond those `counted` before.

        The first operation is the request itself.
        """
        self.charge(_further_operations(counted + number) - _further_operations(counted))

    def now(self) -> str:
        """Return the present instant as documents hold it."""
        return instant(self.clock())

    def attempts(self, kind: Kind) -> Iterator[Attempt]:
        """Yield attempts at a write until one is committed.

        After a conflict with another writer, the next attempt reads again, within the time that a
        request has. The time for finishing another writer's change does not count. Raises
        UniquenessException when a name is taken, Unavailable when the time is over.
        """
        attempts = self.table.retry.attempts()
        while next(attempts, "over") != "over":
            attempt = Attempt(kind)
            yield attempt
            if attempt.committed:
                return
            if attempt.helped:
                attempts = self.table.retry.attempts()
        raise Unavailable(f"too many changes of one {kind.value} at once", status=429)


def _further_operations(members: int) -> int:
    return max(0, members - 1) // MEMBERS_OF_AN_OPERATION


@dataclass
class Attempt:
    """One attempt at a write: `with attempt.commit():` surrounds the write that may conflict.

    `helped` tells that it finished the change of another writer.
    """

    kind: Kind
    committed: bool = False
    helped: bool = False

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Note success; ignore a conflict, for the next attempt; raise when a name is taken."""
        try:
            yield
        except ConditionFailed as error:
            if error.labels == {CLAIMED}:
                raise UniquenessException(
                    detail=f"{_NAMES[self.kind]} is taken by another {self.kind.value.lower()}"
                ) from error
        else:
            self.committed = True


@dataclass(frozen=True)
class Answer:
    """A resource after an operation, as stored and as shown; `ignored` had no effect."""

    record: Record
    resource: dict[str, Any]
    ignored: list[str] = field(default_factory=list)


def missing(kind: Kind, identifier: str) -> NotFoundException:
    """Return the error for a resource that does not exist."""
    return NotFoundException(detail=f"there is no {kind.value} {identifier}")
