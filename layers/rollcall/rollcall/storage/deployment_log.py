"""The log of a deployment: acts of operators that concern all tenants, or outlive the one they end.

It is one partition that no tenant has, in the order of time; entries expire after a year.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from uuid import uuid4

from rollcall.aws.attribute_values import Item
from rollcall.model.actor import Actor
from rollcall.scim.instant import instant
from rollcall.storage import deployment_keys
from rollcall.storage.table import Table

KEEP_DAYS = 365


@dataclass(frozen=True)
class DeploymentEntry:
    """An act that an operator began at a time, on the tenant, batch or table `target`.

    `actor` is `operator:` and an ARN or a name, `user` the name of the user on the machine of an
    operator with an ARN, `reason` what the operator said.
    """

    time: str
    act: str
    target: str = ""
    actor: str = ""
    user: str = ""
    reason: str = ""


class DeploymentLog:
    """The log of the deployment whose table this is."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def write(self, actor: Actor, act: str, target: str, now: datetime) -> None:
        """Add an entry on what an operator is about to do; an act without an entry never begins."""
        entry = DeploymentEntry(
            instant(now), act, target, actor.actor, actor.user, reason=actor.reason
        )
        expires = int((now + timedelta(days=KEEP_DAYS)).timestamp())
        written = {name: value for name, value in asdict(entry).items() if value}
        key = deployment_keys.act(f"{entry.time}#{uuid4().hex}")
        self._table.put(key, {**written, "expires": expires})

    def read(self, since: datetime) -> Iterator[DeploymentEntry]:
        """Yield the entries since a moment, in the order of time."""
        names = [each.name for each in fields(DeploymentEntry)]
        for item in self._table.query(deployment_keys.ACTS, after=instant(since)):
            yield DeploymentEntry(**{name: item[name] for name in names if name in item})

    def copy_to(self, table: Table) -> None:
        """Add the entries to another table, which is to take the place of this one."""
        for item in self._table.query(deployment_keys.ACTS):
            table.put(deployment_keys.act(item["sk"]), _content(item))


def _content(item: Item) -> Item:
    return {name: value for name, value in item.items() if name not in {"pk", "sk"}}
