"""Items as plain values, and as DynamoDB's attribute values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

Item: TypeAlias = dict[str, Any]

_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


def encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as DynamoDB takes them."""
    return {name: _serialize(value) for name, value in values.items()}


def decoded(raw: Mapping[str, Any]) -> Item:
    """Return an item as plain values; numbers are decimals."""
    return {name: _deserialize(value) for name, value in raw.items()}
