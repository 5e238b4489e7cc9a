"""The actions of a transaction, and the error of one whose conditions did not hold."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from rollcall.aws.attribute_values import Item, encoded
from rollcall.storage.keys import Key


class ConditionFailed(Exception):  # noqa: N818
    """A transaction was not applied because conditions did not hold.

    `labels` are those of these conditions, an empty string for one without a label.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self.labels = frozenset(labels)
        super().__init__(", ".join(sorted(filter(None, self.labels))))


@dataclass(frozen=True)
class Action:
    """One action of a transaction; `label` names its condition in ConditionFailed.

    Where there are `alternatives` to `key`, each request takes one of all these keys at random.
    """

    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    key: Key
    item: Item = field(default_factory=dict)
    update: str = ""
    condition: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    alternatives: Sequence[Key] = ()

    def request(self, table: str) -> dict[str, Any]:
        """Return the action as TransactWriteItems takes it."""
        body: dict[str, Any] = {"TableName": table}
        key = random.choice((self.key, *self.alternatives))  # noqa: S311
        if self.kind == "Put":
            body["Item"] = encoded({**key, **self.item})
        else:
            body["Key"] = encoded(key)
        if self.update:
            body["UpdateExpression"] = self.update
        if self.condition:
            body["ConditionExpression"] = self.condition
        if self.values:
            body["ExpressionAttributeValues"] = encoded(self.values)
        if self.names:
            body["ExpressionAttributeNames"] = dict(self.names)
        return {self.kind: body}
