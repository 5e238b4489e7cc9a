"""The grants of users: one item for each template, and one for what operators gave.

The access that a user has by all grants is kept in its document item, so that readers of users do
not read grants; both are written in one transaction.
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
            grant = {name: item[name] for name in item if name not in _KEY_ATTRIBUTES}
            yield {**grant, "version": int(item["version"])}

    def users(self, prefixes: Iterable[str]) -> Iterator[str]:
        """Yield the ids of the users with grants under some prefixes; see `order_prefix`."""
        for prefix in prefixes:
            for item in self._table.query_index(self._keys.grants(), prefix=prefix):
                yield keys.identifier(item["gsi_sk"])

    def additions(self, user: str, grants: Iterable[GrantContent], actor: Actor) -> list[Action]:
        """Return the actions that put new grants; each fails when the user has that grant."""
        return [
            self._put(user, each, actor, condition="attribute_not_exists(pk)") for each in grants
        ]

    def replacements(self, user: str, grants: Iterable[GrantContent], actor: Actor) -> list[Action]:
        """Return the actions that put grants, in place of existing ones."""
        return [self._put(user, each, actor) for each in grants]

    def deletions(self, user: str, templates: Iterable[str]) -> list[Action]:
        """Return the actions that delete grants."""
        return [Action("Delete", self._keys.grant(user, each)) for each in templates]

    def access_update(
        self, user: str, before: Access, after: Access, now: str, actor: Actor
    ) -> Action:
        """Return the action that replaces the access of a user and raises its version.

        It fails when the access has changed since it was read, or when the user does not exist.
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
                ":origin": actor.item,
                ":one": 1,
                **({":held": asdict(before)} if before else {}),
            },
        )

    def _put(self, user: str, grant: GrantContent, actor: Actor, condition: str = "") -> Action:
        return Action(
            "Put",
            self._keys.grant(user, grant["template"]),
            item={
                **grant,
                "origin": actor.item,
                "gsi_pk": self._keys.grants(),
                "gsi_sk": f"{order_prefix(grant['template'], grant['version'])}{user}",
            },
            condition=condition,
        )


_KEY_ATTRIBUTES: Sequence[str] = ("pk", "sk", "gsi_pk", "gsi_sk")


def order_prefix(template: str, version: int | None = None) -> str:
    """Return the index prefix of the grants of a template, or of one version of it."""
    return f"{template}#" if version is None else f"{template}#{version:06d}#"
