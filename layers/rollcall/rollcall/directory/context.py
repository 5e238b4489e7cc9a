"""What every operation of one tenant's directory works with, and how its writes are committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeAlias
from uuid import uuid4

from rollcall.directory.request_log import RequestTrail
from rollcall.model.account_link import LinkPolicy
from rollcall.model.actor import Actor
from rollcall.model.record import Record
from rollcall.scim.budget import Budget
from rollcall.scim.errors import (
    NotFoundException,
    PreconditionFailedException,
    Unavailable,
    UniquenessException,
)
from rollcall.scim.instant import instant
from rollcall.scim.member_operations import AbsentMembers
from rollcall.scim.resource_models import Kind
from rollcall.storage.aliases import Aliases
from rollcall.storage.bookmarks import Bookmarks
from rollcall.storage.change_index import ChangeIndex
from rollcall.storage.grant_items import GrantItems
from rollcall.storage.group_members import GroupMembers
from rollcall.storage.index_entries import CLAIMED
from rollcall.storage.large_change_items import LargeChangeItems
from rollcall.storage.memberships import Memberships
from rollcall.storage.resource_writes import ResourceWrites
from rollcall.storage.resources import Resources
from rollcall.storage.table import Table
from rollcall.storage.template_items import TemplateItems
from rollcall.storage.transactions import Action, ConditionFailed
from rollcall.templates.access_levels import AccessLevels

Clock: TypeAlias = Callable[[], datetime]

_SCALES = AccessLevels()

_NAMES = {Kind.USER: "userName", Kind.GROUP: "displayName"}


def present() -> datetime:
    """Return the present instant."""
    return datetime.now(UTC)


class Duplicate(Protocol):
    """A duplicate that a creation makes: what the log says of it, and what goes with it."""

    @property
    def detail(self) -> str:
        """What the log says: ids, and no data of anybody's."""
        ...

    @property
    def actions(self) -> Sequence[Action]:
        """The actions that keep and announce it."""
        ...


FindDuplicate: TypeAlias = Callable[[Record], Duplicate | None]


def no_duplicate(_: Record) -> None:
    """Find nothing: where nobody looks for duplicates."""


@dataclass(frozen=True)
class Context:
    """One tenant's storage, the URL it is served under, who asks, a clock and a source of ids.

    `trail` is what is left of it in the provisioning log.

    `linking` is the tenant's link policy where a client asks, None where an operator does,
    `absent_members` what a PUT of a group without members does. `budget` is how much work the
    request may still ask for. `find_duplicate` finds the duplicate that the creation of a user
    makes.
    """

    table: Table
    resources: Resources
    writes: ResourceWrites
    memberships: Memberships
    rosters: GroupMembers
    journal: LargeChangeItems
    bookmarks: Bookmarks
    feed: ChangeIndex
    aliases: Aliases
    templates: TemplateItems
    grants: GrantItems
    scales: AccessLevels
    base_url: str
    origin: Actor
    trail: RequestTrail
    linking: LinkPolicy | None
    clock: Clock
    absent_members: AbsentMembers = AbsentMembers.KEEP
    find_duplicate: FindDuplicate = no_duplicate
    new_id: Callable[[], str] = lambda: str(uuid4())
    budget: Budget = field(default_factory=Budget)

    @classmethod
    def of(
        cls,
        table: Table,
        tenant: str,
        base_url: str,
        origin: Actor,
        linking: LinkPolicy | None = None,
        *,
        moved: bool = False,
        absent_members: AbsentMembers = AbsentMembers.KEEP,
        trail: RequestTrail | None = None,
        scales: AccessLevels = _SCALES,
        clock: Clock = present,
        find_duplicate: FindDuplicate = no_duplicate,
    ) -> Context:
        """Return the context of a tenant's operations on behalf of an origin.

        `moved` says that all of its names are known to be under the keys of this release.
        """
        return cls(
            table,
            Resources(table, tenant, moved=moved),
            ResourceWrites(table, tenant, origin, moved=moved),
            Memberships(table, tenant, origin),
            GroupMembers(table, tenant),
            LargeChangeItems(table, tenant),
            Bookmarks(table, tenant),
            ChangeIndex(table, tenant),
            Aliases(table, tenant, origin, moved=moved),
            TemplateItems(table, tenant),
            GrantItems(table, tenant),
            scales,
            base_url,
            origin,
            trail or RequestTrail(),
            linking,
            clock,
            absent_members,
            find_duplicate,
        )

    @property
    def capacity(self) -> int:
        """How many actions `commit` takes."""
        return self.table.max_actions - self.trail.actions

    def commit(self, actions: Sequence[Action], detail: str = "") -> None:
        """Apply the actions of one write and its entry in the log, all or none.

        `detail` is what the entry says besides. Raises ConditionFailed.
        """
        self.table.transact([*actions, *self.trail.committing(detail)])
        self.trail.committed()

    def now(self) -> str:
        """Return the present instant as documents hold it."""
        return instant(self.clock())

    def attempts(self, kind: Kind) -> Iterator[Attempt]:
        """Yield attempts at a write until one is committed.

        An attempt that lost against another writer is made again, reading anew, within the time a
        request has; a name that is taken ends them with UniquenessException. Where an attempt went
        on with the work of another writer, that took none of this time.
        """
        tries = self.table.patience.pauses()
        while next(tries, "over") != "over":
            attempt = Attempt(kind)
            yield attempt
            if attempt.committed:
                return
            if attempt.helped:
                tries = self.table.patience.pauses()
        raise Unavailable(f"too many changes of one {kind.value} at once", status=429)


@dataclass
class Attempt:
    """One try of a write; `with attempt:` surrounds what may lose against other writers.

    `helped` says that it finished what another writer had begun.
    """

    kind: Kind
    committed: bool = False
    helped: bool = False

    @contextmanager
    def commit(self) -> Iterator[None]:
        """Note success, swallow what another attempt can mend, raise what none can."""
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
class Precondition:
    """The If-Match and If-None-Match of a request (RFC 9110 section 13.1), compared weakly."""

    if_match: str | None = None
    if_none_match: str | None = None

    def __bool__(self) -> bool:
        """Tell whether the client sent one."""
        return self.if_match is not None or self.if_none_match is not None

    def check(self, record: Record) -> None:
        """Raise PreconditionFailedException when the record is not a version to be changed."""
        self.check_match(record)
        if self.knows(record):
            raise PreconditionFailedException(detail=f"the version is {record.etag}")

    def check_match(self, record: Record) -> None:
        """Raise PreconditionFailedException unless the record is a version that was named."""
        if self.if_match is not None and not _names(self.if_match, record):
            raise PreconditionFailedException(detail=f"the version is {record.etag} now")

    def knows(self, record: Record) -> bool:
        """Tell whether the client says that it has this version already."""
        return self.if_none_match is not None and _names(self.if_none_match, record)


def _names(tags: str, record: Record) -> bool:
    named = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
    return "*" in named or record.etag.removeprefix("W/") in named


@dataclass(frozen=True)
class Answer:
    """A resource as it is after an operation, whole, and what of the request was ignored."""

    record: Record
    resource: dict[str, Any]
    ignored: list[str] = field(default_factory=list)


def missing(kind: Kind, identifier: str) -> NotFoundException:
    """Return the error for a resource that is not there."""
    return NotFoundException(detail=f"there is no {kind.value} {identifier}")
