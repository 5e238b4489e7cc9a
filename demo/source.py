"""The source directory: users, groups and memberships, as Entra ID stores them.

Nothing here waits or reads a clock: whoever changes the directory says which day it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

RETENTION = timedelta(days=30)
"""How long Entra ID keeps a soft-deleted user."""


@dataclass(frozen=True)
class User:
    """One user of the source directory, its fields named after Microsoft Graph's properties."""

    object_id: str
    user_principal_name: str
    mail_nickname: str
    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    job_title: str | None = None
    department: str | None = None
    employee_id: str | None = None
    mail: str | None = None
    preferred_language: str | None = None
    office: str | None = None
    street_address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    telephone: str | None = None
    mobile: str | None = None
    fax: str | None = None
    manager: str | None = None
    """The source object id of the manager."""
    account_enabled: bool = True
    assigned: bool = True
    deleted_on: date | None = None
    changed: int = 0
    """The directory's change counter at the last change of this object."""

    @property
    def in_scope(self) -> bool:
        """Whether the user is in the scope of the provisioning job."""
        return self.assigned and self.deleted_on is None

    @property
    def active(self) -> bool:
        """The value of Entra's default mapping for `active`."""
        return self.in_scope and self.account_enabled

    @property
    def current_principal_name(self) -> str:
        """The user principal name, which Entra prefixes while the user is soft-deleted (U20)."""
        if self.deleted_on is None:
            return self.user_principal_name
        return UUID(self.object_id).hex + self.user_principal_name


@dataclass(frozen=True)
class Group:
    """One group of the source directory; `members` are source object ids of users."""

    object_id: str
    display_name: str
    members: frozenset[str] = frozenset()
    assigned: bool = True
    changed: int = 0

    @property
    def in_scope(self) -> bool:
        """Whether the group is in the scope of the provisioning job."""
        return self.assigned


Entry = TypeVar("Entry", User, Group)


class Source:
    """The source directory; it counts its changes, so that a job can tell what is new."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.counter = 0

    def add(self, *entries: User | Group) -> None:
        """Add users and groups, each as a change."""
        for entry in entries:
            if isinstance(entry, User):
                self.users[entry.object_id] = self._stamp(entry)
            else:
                self.groups[entry.object_id] = self._stamp(entry)

    def change(self, object_id: str, **properties: Any) -> None:
        """Set properties of a user or group by field name; an equal value is no change."""
        if user := self.users.get(object_id):
            if (new := replace(user, **properties)) != user:
                self.users[object_id] = self._stamp(new)
            return
        group = self.groups[object_id]
        if (renamed := replace(group, **properties)) != group:
            self.groups[object_id] = self._stamp(renamed)

    def assign(self, *object_ids: str) -> None:
        """Add users or groups to the scope of the job."""
        for object_id in object_ids:
            self.change(object_id, assigned=True)

    def unassign(self, *object_ids: str) -> None:
        """Remove users or groups from the scope of the job."""
        for object_id in object_ids:
            self.change(object_id, assigned=False)

    def join(self, group_id: str, user_ids: Iterable[str]) -> None:
        """Add users to a group."""
        self.change(group_id, members=self.groups[group_id].members | frozenset(user_ids))

    def leave(self, group_id: str, user_ids: Iterable[str]) -> None:
        """Remove users from a group."""
        self.change(group_id, members=self.groups[group_id].members - frozenset(user_ids))

    def soft_delete(self, user_id: str, on: date) -> None:
        """Delete a user softly: `restore` can undo it for thirty days."""
        self.change(user_id, deleted_on=on)

    def restore(self, user_id: str) -> None:
        """Restore a soft-deleted user with its name and memberships."""
        self.change(user_id, deleted_on=None)

    def purge(self, on: date) -> list[str]:
        """Delete the users whose thirty days are over on a day, and return their object ids."""
        gone = [
            user.object_id
            for user in self.users.values()
            if user.deleted_on is not None and user.deleted_on + RETENTION <= on
        ]
        for user_id in gone:
            del self.users[user_id]
            self.counter += 1
        for group in list(self.groups.values()):
            self.leave(group.object_id, gone)
        for user in list(self.users.values()):
            if user.manager in gone:
                self.change(user.object_id, manager=None)
        return gone

    def delete_group(self, group_id: str) -> None:
        """Delete a group at once."""
        del self.groups[group_id]
        self.counter += 1

    def _stamp(self, entry: Entry) -> Entry:
        self.counter += 1
        return replace(entry, changed=self.counter)
