"""The documented schemas of events, as a validator for each type."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from rollcall.changes.change_events import Event

DOCUMENTS = Path(__file__).parents[2] / "docs" / "events"
SCHEMAS = {
    file.name: json.loads(file.read_text()) for file in sorted(DOCUMENTS.glob("*.schema.json"))
}
_REGISTRY: Registry = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
TYPES = sorted(name.removesuffix(".schema.json") for name in SCHEMAS if name != "event.schema.json")


def faults(event: Event) -> list[str]:
    """Say where an event differs from the schema of its type."""
    if event.type not in TYPES:
        return [f"{event.type} has no schema"]
    schema = SCHEMAS[f"{event.type}.schema.json"]
    validator = Draft202012Validator(schema, registry=_REGISTRY, format_checker=FormatChecker())
    return [
        f"{each.json_path}: {each.message}"
        for each in validator.iter_errors(json.loads(event.detail))
    ]
