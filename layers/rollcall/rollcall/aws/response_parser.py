"""Reads DynamoDB's answers as the JSON that they are.

The SDK walks through every value of an answer with the shapes of the service's description, and
returns the same values: an attribute value is already what it says. For an item with a document
that is five times the work of reading the JSON.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.parsers import JSONParser, ResponseParserError, ResponseParserFactory

if TYPE_CHECKING:
    from botocore.model import Shape
    from botocore.parsers import ResponseParser

ITEM_OPERATIONS = frozenset(
    {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactWriteItems",
        "UpdateItem",
    }
)
"""The operations without a time or bytes, which alone look different as JSON."""

_PLAIN = frozenset(f"{name}Output" for name in ITEM_OPERATIONS)


class UnreadableAnswerError(ResponseParserError, ValueError):
    """An answer about items is no JSON: something else than DynamoDB has answered."""


class PlainParser(JSONParser):
    """The SDK's parser, which takes answers about items as they are; errors are read as ever."""

    def _handle_json_body(self, raw_body: bytes, shape: Shape) -> Any:
        if shape.name in _PLAIN:
            try:
                return json.loads(raw_body)
            except ValueError as error:  # the SDK would take what is no JSON for an empty answer
                raise UnreadableAnswerError(str(error)) from error
        return super()._handle_json_body(raw_body, shape)  # type: ignore[misc]


class PlainParserFactory(ResponseParserFactory):
    """Makes a parser once; the SDK would make one for every answer."""

    def __init__(self) -> None:
        super().__init__()
        self._plain = PlainParser()

    def create_parser(self, protocol_name: str) -> ResponseParser:
        """Return the parser of a protocol."""
        return self._plain if protocol_name == "json" else super().create_parser(protocol_name)
