"""The New User Templates of one tenant: the current ones in one item, and every version.

The current templates are read in one call. A change is conditional on the edition that was read, so
that the rules between templates hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Key, Keys
from rollcall.storage.table import Bounds, Table
from rollcall.storage.transactions import Action, ConditionFailed

TemplateContent = Mapping[str, Any]


@dataclass(frozen=True)
class CurrentTemplates:
    """The contents of the current templates, and the groups that selectors are bound to.

    `versions` holds the last version of each name, also of removed templates; `edition` counts
    the changes and is 0 before the first. `followed` says that a template has, or had once, grants
    that follow memberships.
    """

    edition: int = 0
    contents: Sequence[TemplateContent] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    bound: Mapping[str, str] = field(default_factory=dict)
    followed: bool = False

    def names(self, group: str) -> bool:
        """Tell whether a template is bound to a group, or was and may have given it something."""
        return self.followed or group in self.bound.values()

    @classmethod
    def of(cls, item: Item | None) -> CurrentTemplates:
        """Return the templates in an item, none without an item."""
        if item is None:
            return cls()
        versions = {name: int(version) for name, version in item["versions"].items()}
        contents = json.loads(item["templates"])
        return cls(int(item["edition"]), contents, versions, item["bound"], "followed" in item)


class TemplateItems:
    """The templates of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    @property
    def key(self) -> Key:
        """The key of the current templates, to read them together with other items."""
        return self._keys.current_templates()

    def read(self) -> CurrentTemplates:
        """Read the current templates, strongly consistent."""
        return CurrentTemplates.of(self._table.get(self.key))

    def read_versions(
        self, versions: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], TemplateContent]:
        """Read some versions of templates, by name and version."""
        version_keys = {version: self._keys.template_version(*version) for version in versions}
        items = self._table.get_many(version_keys.values())
        return {
            version: json.loads(items[key["pk"], key["sk"]]["content"])
            for version, key in version_keys.items()
            if (key["pk"], key["sk"]) in items
        }

    def history(self, name: str = "") -> Iterator[tuple[TemplateContent, str, str]]:
        """Yield every version of one template or of all: content, time, actor."""
        prefix = f"{keys.VERSION}{name}#" if name else keys.VERSION
        for item in self._table.query(self._keys.templates(), prefix):
            yield json.loads(item["content"]), item["set"], item["actor"]

    def latest_versions(
        self, name: str, number: int, before: int = 0
    ) -> list[tuple[TemplateContent, str, str]]:
        """Return some versions of a template as `history` does, the latest first.

        `before` is the version that they come before, 0 for the latest ones.
        """
        bounds: Bounds = {"backwards": True, "limit": number}
        if before:
            bounds["after"] = self._keys.template_version(name, before)["sk"]
        items = self._table.query(self._keys.templates(), f"{keys.VERSION}{name}#", **bounds)
        return [
            (json.loads(item["content"]), item["set"], item["actor"])
            for item in islice(items, number)
        ]

    def change(
        self,
        before: CurrentTemplates,
        contents: Sequence[TemplateContent],
        versions: Mapping[str, int],
        now: str,
        actor: str,
        *,
        others: Sequence[Action] = (),
    ) -> None:
        """Replace the current templates and store the new versions, with other actions.

        Raises ConditionFailed when they were changed since they were read.
        """
        values = {
            ":templates": _encoded(contents),
            ":versions": dict(versions),
            ":next": before.edition + 1,
            ":edition": before.edition,
            ":bound": dict(before.bound),
        }
        sets = (
            "templates = :templates, versions = :versions, edition = :next, "
            "bound = if_not_exists(bound, :bound)"
        )
        if any("lasts" in content for content in contents):
            sets, values[":true"] = f"{sets}, followed = :true", True
        actions = [
            Action(
                "Update",
                self.key,
                update=f"SET {sets}",
                condition="attribute_not_exists(pk) OR edition = :edition",
                values=values,
            )
        ]
        actions += [
            Action(
                "Put",
                self._keys.template_version(content["name"], content["version"]),
                item={"content": _encoded(content), "set": now, "actor": actor},
                condition="attribute_not_exists(pk)",
            )
            for content in contents
            if content["version"] != before.versions.get(content["name"], 0)
        ]
        self._table.transact([*actions, *others])

    def bind(self, selector: str, group: str, others: Sequence[Action] = ()) -> None:
        """Bind a selector to a group, unless it is bound already or the group does not exist.

        Other actions are applied with it.
        """
        exists = Action(
            "ConditionCheck",
            self._keys.document(Kind.GROUP, group),
            condition="attribute_exists(document)",
        )
        with suppress(ConditionFailed):
            self._table.transact([*self.binding([selector], group), exists, *others])

    def binding(self, selectors: Sequence[str], group: str) -> list[Action]:
        """Return the action that binds selectors to a group; it fails when one is bound already."""
        return self._bound(selectors, group, "SET", "{0} = :group", "attribute_not_exists({0})")

    def unbinding(self, selectors: Sequence[str], group: str) -> list[Action]:
        """Return the action that unbinds selectors; it fails when one is not bound to the group."""
        return self._bound(selectors, group, "REMOVE", "{0}", "{0} = :group")

    def _bound(
        self, selectors: Sequence[str], group: str, verb: str, change: str, condition: str
    ) -> list[Action]:
        """Return one action for all selectors: a transaction takes one action for each item."""
        names = {f"#{number}": selector for number, selector in enumerate(selectors)}
        if not names:
            return []
        paths = [f"bound.{name}" for name in names]
        return [
            Action(
                "Update",
                self.key,
                update=f"{verb} {', '.join(map(change.format, paths))}",
                condition=" AND ".join(map(condition.format, paths)),
                values={":group": group},
                names=names,
            )
        ]


def _encoded(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
