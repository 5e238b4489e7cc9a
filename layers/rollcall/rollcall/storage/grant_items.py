"""The grants of users: one item for each template, and one for what operators gave.

What a membership gives as long as it holds is one item for each template and group. When it ends,
the item stays for ENDED_DAYS, marked `ended`, so that the table's stream says who ended it.

The access that a user has by all grants is kept in its document item, so that readers of users do
not read grants; both are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.model.access import Access
from rollcall.model.actor import Actor
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Key, Keys
from rollcall.storage.memberships import ENDED_DAYS
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

GrantContent = Mapping[str, Any]
"""A grant: `template`, `version`, and what it gives.

`follows` says that it holds as long as the membership of its `group`.
"""


class GrantItems:
    """The grants of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def read(self, user: str) -> Iterator[GrantContent]:
        """Yield the grants of a user."""
        for item in self._table.query(self._keys.partition(Kind.USER, user), keys.GRANT):
            if is_in_force(item):
                yield grant_of(item)

    def read_lasting(self, users: Iterable[str], template: str) -> dict[str, GrantContent]:
        """Return the grants of a template to some users that follow no membership, by user."""
        user_keys = {user: self._keys.grant(user, template) for user in users}
        items = self._table.get_many(user_keys.values())
        found = {user: items.get((key["pk"], key["sk"])) for user, key in user_keys.items()}
        return {user: item for user, item in found.items() if item and is_in_force(item)}

    def users(self, prefixes: Iterable[str], *, lasting: bool = False) -> Iterator[str]:
        """Yield the ids of the users with grants under some prefixes; see `order_prefix`.

        With `lasting` only of those with a grant that follows no membership.
        """
        for prefix in prefixes:
            for item in self._table.query_index(self._keys.grants(), prefix=prefix):
                if not lasting or "#" not in item["sk"].removeprefix(keys.GRANT):
                    yield keys.identifier(item["gsi_sk"])

    def additions(self, user: str, grants: Iterable[GrantContent], actor: Actor) -> list[Action]:
        """Return the actions that put new grants; each fails when the user has that grant.

        One that has ended may stand in its place.
        """
        free = "attribute_not_exists(pk) OR attribute_exists(ended)"
        return [self._put(user, each, actor, condition=free) for each in grants]

    def replacements(self, user: str, grants: Iterable[GrantContent], actor: Actor) -> list[Action]:
        """Return the actions that put grants, in place of existing ones."""
        return [self._put(user, each, actor) for each in grants]

    def deletions(self, user: str, templates: Iterable[str]) -> list[Action]:
        """Return the actions that delete grants."""
        return [Action("Delete", self._keys.grant(user, each)) for each in templates]

    def endings(
        self, user: str, grants: Iterable[GrantContent], now: str, actor: Actor
    ) -> list[Action]:
        """Return the actions that mark grants as ended."""
        expires = datetime.fromisoformat(now) + timedelta(days=ENDED_DAYS)
        return [
            Action(
                "Put",
                self._key(user, each),
                item={
                    "template": each["template"],
                    "version": each["version"],
                    "ended": now,
                    "expires": int(expires.timestamp()),
                    "origin": actor.item,
                },
            )
            for each in grants
        ]

    def following_deletions(self, user: str, grants: Iterable[GrantContent]) -> list[Action]:
        """Return the actions that delete grants of a deleted user that follow memberships."""
        return [Action("Delete", self._key(user, each)) for each in grants]

    def access_update(
        self, user: str, before: Access, after: Access, now: str, actor: Actor
    ) -> Action:
        """Return the action that replaces the access of a user and raises its version.

        It fails when the access has changed since it was read, or when the user does not exist.
        """
        return Action(
            "Update",
            self._keys.document(Kind.USER, user),
            update=(
                f"SET {'access = :access, ' if after else ''}modified = :now, feed = :feed, "
                f"origin = :origin {'' if after else 'REMOVE access '}ADD version :one"
            ),
            condition="attribute_exists(document) AND "
            + ("access = :held" if before else "attribute_not_exists(access)"),
            values={
                **({":access": after.item} if after else {}),
                ":now": now,
                ":feed": self._keys.change_partition_of(Kind.USER, user),
                ":origin": actor.item,
                ":one": 1,
                **({":held": before.item} if before else {}),
            },
        )

    def _key(self, user: str, grant: GrantContent) -> Key:
        template = grant["template"]
        if grant.get("follows"):
            template = f"{template}#{grant['group']}"
        return self._keys.grant(user, template)

    def _put(self, user: str, grant: GrantContent, actor: Actor, condition: str = "") -> Action:
        return Action(
            "Put",
            self._key(user, grant),
            item={
                **grant,
                "origin": actor.item,
                "gsi_pk": self._keys.grants(),
                "gsi_sk": f"{order_prefix(grant['template'], grant['version'])}{user}",
            },
            condition=condition,
        )


def grant_of(item: Item) -> GrantContent:
    """Return the grant in an item."""
    grant = {name: item[name] for name in item if name not in _KEY_ATTRIBUTES}
    return {**grant, "version": int(item["version"])}


def is_in_force(item: Item) -> bool:
    """Tell whether the item of a grant is a grant that has not ended."""
    return "ended" not in item


_KEY_ATTRIBUTES: Sequence[str] = ("pk", "sk", "gsi_pk", "gsi_sk")


def order_prefix(template: str, version: int | None = None) -> str:
    """Return the index prefix of the grants of a template, or of one version of it."""
    return f"{template}#" if version is None else f"{template}#{version:06d}#"
