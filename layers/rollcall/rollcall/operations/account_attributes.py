"""The attributes of an account as text: for columns of accounts, side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rollcall.model.record import Record


@dataclass(frozen=True)
class AttributeRow:
    """An attribute of several accounts: a value for each, empty without one.

    `same` says that those that have it have the same, whatever its case, and at least two do.
    """

    name: str
    values: tuple[str, ...]
    same: bool


def attributes(record: Record) -> dict[str, str]:
    """Return the attributes of an account, those of extensions and of `name` by path."""
    found = {"id": record.id, "state": record.link.state.value}
    for name, value in record.document.items():
        if name == "schemas":
            continue
        if isinstance(value, Mapping):
            short = "enterprise" if ":enterprise:" in name else name
            found |= {f"{short}.{key}": _text(part) for key, part in value.items()}
        else:
            found[name] = _text(value)
    return found


def compared(columns: Sequence[Mapping[str, str]]) -> list[AttributeRow]:
    """Return the attributes of several accounts, a row for each."""
    names = dict.fromkeys(name for column in columns for name in column)
    return [_row(name, tuple(column.get(name, "") for column in columns)) for name in names]


def _row(name: str, values: tuple[str, ...]) -> AttributeRow:
    present = [each.casefold() for each in values if each]
    return AttributeRow(name, values, len(present) > 1 and len(set(present)) == 1)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(_text, value))
    if isinstance(value, Mapping):
        return str(value.get("value") or value.get("formatted") or json.dumps(value))
    return value if isinstance(value, str) else json.dumps(value)
