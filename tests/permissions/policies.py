"""The policies of `policies.yaml`, and whether IAM allows a call by them.

What is here is what they use of IAM's rules: statements that allow, wildcards in actions, ARNs and
values, `ForAllValues:StringLike` and `Null` on the leading keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from events.processed import Processed
from events.template import ROOT
from rollcall.runtime.settings import Settings
from tests.permissions.asked import ACCOUNT, Asked
from tests.permissions.cloud import STACK, outputs_of

ROLES = ("Auditor", "Support", "Operator")
OPEN = frozenset({"sts:GetCallerIdentity"})
"""What needs no permission."""

KEYS = "dynamodb:LeadingKeys"


@dataclass(frozen=True)
class Statement:
    """A statement that allows actions on resources, under conditions."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]

    def allows(self, asked: Asked) -> bool:
        """Tell whether it allows a call."""
        return (
            any(matches(each, asked.action) for each in self.actions)
            and any(matches(each, asked.resource) for each in self.resources)
            and all(_holds(name, values, asked) for name, values in self.conditions.items())
        )


@dataclass(frozen=True)
class Policy:
    """A managed policy."""

    document: Mapping[str, Any]

    @property
    def statements(self) -> Iterator[Statement]:
        """Its statements."""
        for each in self.document["Statement"]:
            assert each["Effect"] == "Allow", each
            actions, resources = _list(each["Action"]), _list(each["Resource"])
            yield Statement(tuple(actions), tuple(resources), each.get("Condition", {}))

    def allows(self, asked: Asked) -> bool:
        """Tell whether it allows a call."""
        return asked.action in OPEN or any(each.allows(asked) for each in self.statements)

    @property
    def characters(self) -> int:
        """What counts of IAM's 6 144 characters: blanks do not."""
        return len(re.sub(r"\s", "", json.dumps(self.document)))


@cache
def policies(*tenants: str) -> Mapping[str, Policy]:
    """Return the policies for some tenants, by default for all, on the local server's stack."""
    given = outputs_of(Settings()) | {"StackName": STACK}
    given["SigningSecret"] = f"arn:aws:secretsmanager:{ACCOUNT}:secret:rollcall-signing-AbCdEf"
    given["Bus"] = f"arn:aws:events:{ACCOUNT}:event-bus/rollcall"
    given |= {f"Tenant{number}": name for number, name in enumerate(tenants, 1)}
    return processed(given)


def processed(parameters: Mapping[str, str]) -> Mapping[str, Policy]:
    """Return the policies for some parameters."""
    region, _, account = ACCOUNT.partition(":")
    text = (ROOT / "policies.yaml").read_text()
    found = Processed(text=text, parameters=parameters, region=region, account=account)
    return {
        name: Policy(each["Properties"]["PolicyDocument"]) for name, each in found.resources.items()
    }


def matches(pattern: str, value: str) -> bool:
    """Tell whether a value matches a pattern of IAM, in which * and ? stand for characters."""
    written = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(written, value, re.DOTALL) is not None


def _holds(operator: str, values: Mapping[str, Any], asked: Asked) -> bool:
    """Tell whether a condition holds; ForAllValues holds where there is no value at all."""
    ((key, patterns),) = values.items()
    assert key == KEYS, key
    if operator == "Null":
        return bool(asked.keys) == (str(patterns) == "false")
    assert operator == "ForAllValues:StringLike", operator
    return all(any(matches(each, value) for each in _list(patterns)) for value in asked.keys)


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
