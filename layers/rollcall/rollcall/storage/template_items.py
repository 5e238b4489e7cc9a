"""New User Templates of one tenant as they are stored: what applies now, and every version.

All that applies now is one item, so that one read gives it. It is changed under the condition that
its edition is the one that was read, so that what has to hold between templates holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rollcall.aws.attribute_values import Item
from rollcall.scim.resource_type import Kind
from rollcall.storage import keys
from rollcall.storage.keys import Key, Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action, ConditionFailed

EDITED = "edited"
BOUND = "bound"
"""Labels of the conditions: the templates are not as they were read; a group is bound already."""

TemplateContent = Mapping[str, Any]


@dataclass(frozen=True)
class CurrentTemplates:
    """What applies now: the contents of the templates, and the groups that selectors are bound to.

    `versions` holds the last version of each name, of removed templates as well; `edition` counts
    the changes, 0 before the first.
    """

    edition: int = 0
    contents: Sequence[TemplateContent] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    bound: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Item | None) -> CurrentTemplates:
        """Read the item."""
        if item is None:
            return cls()
        versions = {name: int(version) for name, version in item["versions"].items()}
        return cls(int(item["edition"]), json.loads(item["templates"]), versions, item["bound"])


class TemplateItems:
    """The templates of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    @property
    def key(self) -> Key:
        """The key of what applies now, to read it together with other items."""
        return self._keys.current_templates()

    def read(self) -> CurrentTemplates:
        """Read what applies now, strongly consistent."""
        return CurrentTemplates.of(self._table.get(self.key))

    def read_versions(
        self, wanted: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], TemplateContent]:
        """Read what templates were in some versions."""
        named = {each: self._keys.template_version(*each) for each in wanted}
        items = self._table.get_many(named.values())
        return {
            each: json.loads(items[key["pk"], key["sk"]]["content"])
            for each, key in named.items()
            if (key["pk"], key["sk"]) in items
        }

    def history(self, name: str = "") -> Iterator[tuple[TemplateContent, str, str]]:
        """Yield every version of a template, or of all, with when and by whom it was set."""
        prefix = f"{keys.VERSION}{name}#" if name else keys.VERSION
        for item in self._table.query(self._keys.templates(), prefix):
            yield json.loads(item["content"]), item["set"], item["actor"]

    def change(
        self,
        before: CurrentTemplates,
        contents: Sequence[TemplateContent],
        versions: Mapping[str, int],
        now: str,
        actor: str,
        *,
        told: Sequence[Action] = (),
    ) -> None:
        """Replace what applies now and keep what is new. Raises ConditionFailed with EDITED.

        `told` is what the log says of it.
        """
        values = {
            ":templates": _encoded(contents),
            ":versions": dict(versions),
            ":next": before.edition + 1,
            ":edition": before.edition,
            ":bound": dict(before.bound),
        }
        actions = [
            Action(
                "Update",
                self.key,
                update=(
                    "SET templates = :templates, versions = :versions, edition = :next, "
                    "bound = if_not_exists(bound, :bound)"
                ),
                condition="attribute_not_exists(pk) OR edition = :edition",
                values=values,
                label=EDITED,
            )
        ]
        actions += [
            Action(
                "Put",
                self._keys.template_version(each["name"], each["version"]),
                item={"content": _encoded(each), "set": now, "actor": actor},
                condition="attribute_not_exists(pk)",
                label=EDITED,
            )
            for each in contents
            if each["version"] != before.versions.get(each["name"], 0)
        ]
        self._table.transact([*actions, *told])

    def bind(self, selector: str, group: str) -> None:
        """Bind a selector to a group, unless it is bound by now or the group is gone."""
        exists = Action(
            "ConditionCheck",
            self._keys.document(Kind.GROUP, group),
            condition="attribute_exists(document)",
            label=BOUND,
        )
        with suppress(ConditionFailed):
            self._table.transact([*self.binding([selector], group), exists])

    def binding(self, selectors: Sequence[str], group: str) -> list[Action]:
        """Return the action that binds selectors to a group; BOUND says that one is not free."""
        return self._bound(selectors, group, "SET", "{0} = :group", "attribute_not_exists({0})")

    def unbinding(self, selectors: Sequence[str], group: str) -> list[Action]:
        """Return the action that frees selectors from a group; BOUND says that one is not its."""
        return self._bound(selectors, group, "REMOVE", "{0}", "{0} = :group")

    def _bound(
        self, selectors: Sequence[str], group: str, verb: str, change: str, condition: str
    ) -> list[Action]:
        """Return one action for all selectors, none without any: a transaction has one an item."""
        names = {f"#{number}": each for number, each in enumerate(selectors)}
        if not names:
            return []
        paths = [f"bound.{each}" for each in names]
        return [
            Action(
                "Update",
                self.key,
                update=f"{verb} {', '.join(map(change.format, paths))}",
                condition=" AND ".join(map(condition.format, paths)),
                values={":group": group},
                names=names,
                label=BOUND,
            )
        ]


def _encoded(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
