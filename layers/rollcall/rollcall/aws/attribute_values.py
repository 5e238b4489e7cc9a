"""Items as plain values, and as DynamoDB's attribute values.

boto3 has such a conversion, too, but brings the resources and transfers that nothing here uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

Item: TypeAlias = dict[str, Any]


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as attribute values. Raises TypeError for a type that no item has."""
    return {name: _encode(value) for name, value in values.items()}


def decoded(raw: Mapping[str, Any]) -> Item:
    """Return an item as plain values; numbers are decimals."""
    return {  # most are strings
        name: value["S"] if "S" in value else _decode(value) for name, value in raw.items()
    }


def _encode(value: Any) -> dict[str, Any]:
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):  # before numbers: it is one, too
        return {"BOOL": value}
    if isinstance(value, int | Decimal):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, list | tuple):
        return {"L": [_encode(each) for each in value]}
    if isinstance(value, Mapping):
        return {"M": encoded(value)}
    raise TypeError(f"{type(value).__name__} is no type of an attribute value")


def _decode(raw: Mapping[str, Any]) -> Any:
    ((kind, value),) = raw.items()
    return _DECODERS[kind](value)


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "S": lambda value: value,
    "N": Decimal,
    "BOOL": lambda value: value,
    "NULL": lambda _: None,
    "L": lambda value: [_decode(each) for each in value],
    "M": lambda value: dict(sorted(decoded(value).items())),  # DynamoDB keeps no order
}
