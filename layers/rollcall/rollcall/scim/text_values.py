"""JSON text where an object or an array belongs, parsed once, before anything looks at the values.

Clients whose mappings know strings alone send complex values so. What a text holds is then read as
if it had been sent plainly, but text inside of it stays text. A simple attribute keeps its text.
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
"""How deep what a text holds may nest, as a body may."""

MAX_CONTAINERS = 100_000
"""How many arrays and objects the texts of a request hold; five megabytes hold 90 000 members."""


@dataclass
class TextValues:
    """The texts of one request, which are bounded together."""

    kind: Kind
    containers: int = MAX_CONTAINERS

    def of_body(self, body: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return the body of a POST or a PUT with what its texts hold.

        Raises InvalidValueException naming the attribute whose text is no JSON.
        """
        read = {}
        for key, value in body.items():
            found = declared(self.kind, f"{prefix}{key}")
            if isinstance(found, Schema) and isinstance(value, dict):
                read[key] = self.of_body(value, f"{found.urn}:")
            else:
                read[key] = self.of_target(found, value)
        return read

    def of_whole(self, value: Any) -> tuple[Any, bool]:
        """Return the value of an operation without a path, and whether it was a text."""
        value = tolerance.single(value)
        if not tolerance.is_json_text(value):
            return value, False
        return tolerance.single(self._parsed("the value without a path", value)), True

    def of_keys(self, value: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
        """Return the object of an operation without a path with what its texts hold."""
        read = {}
        for key, item in value.items():
            path = key if key.lower().startswith("urn:") else f"{prefix}{key}"
            found = designate_key(self.kind, path)
            if isinstance(found, Schema) and isinstance(item, dict):
                read[key] = self.of_keys(item, f"{found.urn}:")
            else:
                read[key] = self.of_target(found, item)
        return read

    def of_target(self, target: Attribute | Schema | None, value: Any) -> Any:
        """Return a value for a target: an extension and what is complex may be text."""
        if target is None or target.read_only:
            return value
        if isinstance(target, Schema):
            return self._parsed(target.urn, value) if tolerance.is_json_text(value) else value
        return self._of_complex(target, value) if target.complex else value

    def _of_complex(self, target: Attribute, value: Any) -> Any:
        if not target.multi_valued and declared(target.kind, f"{target.name}.value") is None:
            value = tolerance.unwrapped(value)
        if tolerance.is_json_text(value):
            return self._shown(target, self._parsed(target.path, value))
        if not isinstance(value, list):
            return self._element(target, value, "")
        if len(value) > MAX_VALUES and target.name != "members":
            return value  # refused for their number
        return [self._element(target, each, f"[{at}]") for at, each in enumerate(value)]

    def _element(self, target: Attribute, value: Any, at: str) -> Any:
        if tolerance.is_json_text(value):
            value = self._parsed(f"{target.path}{at}", value)
        elif target.name == "roles":
            value = tolerance.role(value)
        return self._shown(target, value)

    def _shown(self, target: Attribute, value: Any) -> Any:
        return _with_display(value) if target.name == "roles" else value

    def _parsed(self, named: str, text: str) -> Any:
        self.containers -= text.count("[") + text.count("{")
        if self.containers < 0:
            raise InvalidValueException(
                detail=f"{named}: the texts of the request hold too many arrays and objects"
            )
        try:
            return json_text.read(text.strip(), MAX_DEPTH)
        except JsonTextError as error:
            raise InvalidValueException(detail=f"{named}: the text {error}") from error


def _with_display(value: Any) -> Any:
    """Return roles with what Entra calls `displayName` under its own name."""
    if isinstance(value, list):
        return [_with_display(each) for each in value]
    if not isinstance(value, dict) or "display" in value:
        return value
    return {"display" if key == "displayName" else key: item for key, item in value.items()}
