"""The grants that end with the memberships of a deleted resource, or pass to a survivor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rollcall.directory.context import Context
from rollcall.model.access import Access
from rollcall.model.actor import Actor
from rollcall.storage.transactions import Action
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.grants import Grant, following_grants, with_members_grants


@dataclass
class MovedGrants:
    """Changes of the access of several users, each by several groups, in one transaction.

    `users` maps ids to the access that was read, and to whether the user lives.
    """

    context: Context
    actor: Actor
    catalogue: Catalogue
    users: Mapping[str, tuple[Access, bool]]
    now: str
    _after: dict[str, Access] = field(default_factory=dict)
    _items: list[Action] = field(default_factory=list)

    @property
    def changed(self) -> frozenset[str]:
        """The ids of the users whose access changes, whose versions `actions` raise."""
        return frozenset(self._after)

    def leave(self, group: str, user: str) -> None:
        """End what the membership of a group gives to a user."""
        access, lives = self._read(user)
        grants = following_grants(access, group)
        contents = [grant.content for grant in grants.values()]
        if contents and lives:
            self._items += self.context.grants.endings(user, contents, self.now, self.actor)
            self._set(user, group, {})
        else:
            self._items += self.context.grants.following_deletions(user, contents)

    def inherit(self, group: str, survivor: str, removed: str) -> None:
        """Give a survivor what the membership of a group gives that was the removed user's.

        What an operator has revoked of it stays revoked.
        """
        before = following_grants(self._read(removed)[0], group)
        grants = {}
        for template in self.catalogue.following(group):
            grant = before.get(template.name)
            held = None if grant is None else replace(grant, at=self.now)
            grants[template.name] = Grant.of_member(template, self.now, group, held)
        if grants:
            contents = [grant.content for grant in grants.values()]
            self._items += self.context.grants.replacements(survivor, contents, self.actor)
            self._set(survivor, group, grants)

    def actions(self) -> list[Action]:
        """Return the actions on the grants, and on the access of the users who live."""
        updates = [
            self.context.grants.access_update(
                user, self.users[user][0], access, self.now, self.actor
            )
            for user, access in self._after.items()
        ]
        return [*updates, *self._items]

    def _read(self, user: str) -> tuple[Access, bool]:
        access, lives = self.users.get(user, (Access(), False))
        return self._after.get(user, access), lives

    def _set(self, user: str, group: str, grants: Mapping[str, Grant]) -> None:
        access, _ = self._read(user)
        self._after[user] = with_members_grants(
            access, group, grants.values(), self.context.access_levels
        )
