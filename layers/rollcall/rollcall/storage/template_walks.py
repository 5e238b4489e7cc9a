"""Walks over the members of groups, which bring each to the current version of a template.

A walk is noted in the transaction that changes the template or binds it to a group, and its item is
deleted when all members have that version. It is listed with the unfinished changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import Actor
from rollcall.storage import keys
from rollcall.storage.keys import Keys
from rollcall.storage.table import Table
from rollcall.storage.transactions import Action

SUPERSEDED = "superseded"
"""The label of the condition that a walk is the latest one of its template and group."""


@dataclass(frozen=True)
class TemplateWalk:
    """How far the members of a group are brought to the current version of a template.

    `change` names the change that it began with, at `since`. The members are looked at in passes:
    the present one `begun` at an instant, empty between passes, and `place` is the last member that
    it has seen. It has `seen` so many and `changed` some of them; `passes` came before it.
    """

    template: str
    group: str
    change: str
    since: str
    actor: Actor
    begun: str = ""
    place: str = ""
    seen: int = 0
    changed: int = 0
    passes: int = 0


class TemplateWalks:
    """The walks of one tenant."""

    def __init__(self, table: Table, tenant: str) -> None:
        self._table = table
        self._keys = Keys(tenant)

    def start(self, template: str, group: str, now: str, actor: Actor) -> Action:
        """Return the action that notes a walk, in place of an earlier one that is not finished."""
        return Action(
            "Put",
            self._keys.template_walk(template, group),
            item={
                "change": uuid4().hex,
                "since": now,
                "origin": actor.item,
                "begun": "",
                "place": "",
                "seen": 0,
                "changed": 0,
                "passes": 0,
                "gsi_pk": keys.UNFINISHED,
                "gsi_sk": f"{now}#{template}#{group}",
            },
        )

    def read(self, template: str, group: str) -> TemplateWalk | None:
        """Read a walk, None when it is finished."""
        item = self._table.get(self._keys.template_walk(template, group))
        return None if item is None else _walk(item)

    def unfinished(self, template: str = "") -> Iterator[TemplateWalk]:
        """Yield the walks of a template, or all."""
        prefix = f"{keys.WALK}{template}#" if template else keys.WALK
        return map(_walk, self._table.query(self._keys.templates(), prefix))

    def check(self, walk: TemplateWalk) -> Action:
        """Return the check that a walk is neither finished nor superseded."""
        return Action(
            "ConditionCheck",
            self._keys.template_walk(walk.template, walk.group),
            condition="change = :change",
            values={":change": walk.change},
            label=SUPERSEDED,
        )

    def save(self, before: TemplateWalk, after: TemplateWalk) -> TemplateWalk:
        """Store how far a walk is. Raises ConditionFailed when another has gone on with it."""
        progress = {f":{name}": getattr(after, name) for name in _PROGRESS}
        update = Action(
            "Update",
            self._keys.template_walk(after.template, after.group),
            update=f"SET {', '.join(f'{name} = :{name}' for name in _PROGRESS)}",
            condition=_AT,
            values={**_position(before), **progress},
            label=SUPERSEDED,
        )
        self._table.update(update)
        return after

    def delete(self, walk: TemplateWalk) -> None:
        """Note that a walk is finished. Raises ConditionFailed when another has gone on with it."""
        key = self._keys.template_walk(walk.template, walk.group)
        end = Action("Delete", key, condition=_AT, values=_position(walk), label=SUPERSEDED)
        self._table.transact([end])


_PROGRESS = ("begun", "place", "seen", "changed", "passes")
_AT = "change = :change AND begun = :begun_before AND place = :place_before"


def _position(walk: TemplateWalk) -> dict[str, str]:
    return {
        ":change": walk.change,
        ":begun_before": walk.begun,
        ":place_before": walk.place,
    }


def _walk(item: Item) -> TemplateWalk:
    _, template, group = item["sk"].split("#", 2)
    return TemplateWalk(
        template,
        group,
        item["change"],
        item["since"],
        Actor(**item["origin"]),
        item["begun"],
        item["place"],
        int(item["seen"]),
        int(item["changed"]),
        int(item["passes"]),
    )
