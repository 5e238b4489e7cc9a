"""Objects and arrays that clients send as JSON text, parsed once, before the values are read.

Clients that can only map strings send complex values this way. The parsed value is read as if it
had been sent as JSON, but text inside of it stays text. A simple attribute keeps its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rollcall.scim import json_text, tolerance
from rollcall.scim.attributes import MAX_VALUES, Attribute, Schema, declared, designate_key
from rollcall.scim.errors import InvalidValueException
from rollcall.scim.json_text import JsonTextError
from rollcall.scim.resource_type import Kind

MAX_DEPTH = 32
"""How many levels a text may have, as many as a body."""

MAX_CONTAINERS = 100_000
"""How many arrays and objects the texts of a request may hold; 5 MB hold 90 000 members."""


@dataclass
class TextValues:
    """The texts of one request, which share one limit."""

    kind: Kind
    containers: int = MAX_CONTAINERS

    def of_body(self, body: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return the body of a POST or a PUT with its texts parsed.

        Raises InvalidValueException naming the attribute whose text is not JSON.
        """
        parsed = {}
        for key, value in body.items():
            target = declared(self.kind, f"{prefix}{key}")
            if isinstance(target, Schema) and isinstance(value, dict):
                parsed[key] = self.of_body(value, f"{target.urn}:")
            else:
                parsed[key] = self.of_target(target, value)
        return parsed

    def of_whole(self, value: Any) -> tuple[Any, bool]:
        """Return the value of an operation without a path, and whether it was a text."""
        value = tolerance.single(value)
        if not tolerance.is_json_text(value):
            return value, False
        return tolerance.single(self._parsed("the value without a path", value)), True

    def of_keys(self, value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return the object of an operation without a path with its texts parsed."""
        parsed = {}
        for key, item in value.items():
            path = key if key.lower().startswith("urn:") else f"{prefix}{key}"
            target = designate_key(self.kind, path)
            if isinstance(target, Schema) and isinstance(item, dict):
                parsed[key] = self.of_keys(item, f"{target.urn}:")
            else:
                parsed[key] = self.of_target(target, item)
        return parsed

    def of_target(self, target: Attribute | Schema | None, value: Any) -> Any:
        """Return a value with its text parsed if the target is an extension or complex."""
        if target is None or target.read_only:
            return value
        if isinstance(target, Schema):
            return self._parsed(target.urn, value) if tolerance.is_json_text(value) else value
        return self._of_complex(target, value) if target.complex else value

    def _of_complex(self, target: Attribute, value: Any) -> Any:
        if not target.multi_valued and declared(target.kind, f"{target.name}.value") is None:
            value = tolerance.unwrapped(value)
        if tolerance.is_json_text(value):
            return self._role_display(target, self._parsed(target.path, value))
        if not isinstance(value, list):
            return self._element(target, value, "")
        if len(value) > MAX_VALUES and target.name != "members":
            return value  # refused later, for its number of values
        return [self._element(target, each, f"[{index}]") for index, each in enumerate(value)]

    def _element(self, target: Attribute, value: Any, index: str) -> Any:
        if tolerance.is_json_text(value):
            value = self._parsed(f"{target.path}{index}", value)
        elif target.name == "roles":
            value = tolerance.role(value)
        return self._role_display(target, value)

    def _role_display(self, target: Attribute, value: Any) -> Any:
        return _with_display(value) if target.name == "roles" else value

    def _parsed(self, name: str, text: str) -> Any:
        self.containers -= text.count("[") + text.count("{")
        if self.containers < 0:
            raise InvalidValueException(
                detail=f"{name}: the texts of the request hold too many arrays and objects"
            )
        try:
            return json_text.read(text.strip(), MAX_DEPTH)
        except JsonTextError as error:
            raise InvalidValueException(detail=f"{name}: the text {error}") from error


def _with_display(value: Any) -> Any:
    """Return roles with Entra's `displayName` renamed to `display`."""
    if isinstance(value, list):
        return [_with_display(each) for each in value]
    if not isinstance(value, dict) or "display" in value:
        return value
    return {"display" if key == "displayName" else key: item for key, item in value.items()}
