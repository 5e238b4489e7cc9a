"""What templates and operators gave to users: an item each, which says by what and when.

What comes of all grants of a user is kept beside its document, so that readers of users need none
of them; both are written in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rollcall.model.access import Access
from rollcall.model.actor import Actor
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

RACED = "raced"
"""The label of the condition that a user has the access that was read."""

GrantContent = Mapping[str, Any]
"""A grant: `template`, `version`, and what it gives."""


class GrantItems:
    """The grants of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def read(self, user: str) -> Iterator[GrantContent]:
        """Yield the grants of a user."""
        for item in self._table.query(self._keys.partition(Kind.USER, user), keys.GRANT):
            grant = {name: item[name] for name in item if name not in _PLACE}
            yield {**grant, "version": int(item["version"])}

    def users(self, beginnings: Iterable[str]) -> Iterator[str]:
        """Yield the ids of the users with grants whose order begins so; see `order`."""
        for each in beginnings:
            for item in self._table.query_index(self._keys.grants(), prefix=each):
                yield keys.identifier(item["gsi_sk"])

    def additions(self, user: str, grants: Iterable[GrantContent], origin: Actor) -> list[Action]:
        """Return the actions that put grants; RACED says that the user has one of them already."""
        return [
            self._put(user, each, origin, condition="attribute_not_exists(pk)") for each in grants
        ]

    def replacements(
        self, user: str, grants: Iterable[GrantContent], origin: Actor
    ) -> list[Action]:
        """Return the actions that put grants in the place of those that may be there."""
        return [self._put(user, each, origin) for each in grants]

    def deletions(self, user: str, templates: Iterable[str]) -> list[Action]:
        """Return the actions that delete grants."""
        return [Action("Delete", self._keys.grant(user, each)) for each in templates]

    def access_update(
        self, user: str, before: Access, after: Access, now: str, origin: Actor
    ) -> Action:
        """Return the action that replaces what a user may do, and raises its version.

        RACED says that it has changed since it was read, or that there is no such user any more.
        """
        return Action(
            "Update",
            self._keys.document(Kind.USER, user),
            update="SET access = :access, modified = :now, origin = :origin ADD version :one",
            condition="attribute_exists(document) AND "
            + ("access = :held" if before else "attribute_not_exists(access)"),
            values={
                ":access": asdict(after),
                ":now": now,
                ":origin": origin.item,
                ":one": 1,
                **({":held": asdict(before)} if before else {}),
            },
            label=RACED,
        )

    def _put(self, user: str, grant: GrantContent, origin: Actor, condition: str = "") -> Action:
        return Action(
            "Put",
            self._keys.grant(user, grant["template"]),
            item={
                **grant,
                "origin": origin.item,
                "gsi_pk": self._keys.grants(),
                "gsi_sk": f"{order_prefix(grant['template'], grant['version'])}{user}",
            },
            condition=condition,
            label=RACED,
        )


_PLACE: Sequence[str] = ("pk", "sk", "gsi_pk", "gsi_sk")


def order_prefix(template: str, version: int | None = None) -> str:
    """Return what the order of the grants of a template begins with, or of one version of it."""
    return f"{template}#" if version is None else f"{template}#{version:06d}#"
