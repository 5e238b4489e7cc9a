"""`template.yaml` as plain values: functions, routes and environments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]

FUNCTION = "AWS::Serverless::Function"


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's tags in their long form; a duplicate key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping. By itself YAML would ignore the first of two equal keys."""
        keys = [key.value for key, _ in node.value]
        if twice := {key for key in keys if keys.count(key) > 1}:
            raise ValueError(f"{', '.join(twice)} stands twice{node.start_mark}")
        return super().construct_mapping(node, deep)


def _tagged(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101  # there is no fourth kind
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


def read(text: str) -> dict[str, Any]:
    """Return the values of a template. Raises ValueError for a duplicate key."""
    values: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506  # a safe loader
    return values


@dataclass(frozen=True)
class Route:
    """A path of the API, and the logical id of its function."""

    path: str
    function: str

    def match(self, path: str) -> dict[str, str] | None:
        """Return the path parameters of a path below the stage, None if it does not match."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        pattern = re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", pattern)
        found = re.fullmatch(pattern, path)
        return None if found is None else found.groupdict()

    @property
    def rank(self) -> list[int]:
        """The rank of the route: a word before a parameter before `{proxy+}`, left to right."""
        return [("{" in part) + ("+}" in part) for part in self.path.split("/")]


class Template:
    """The content of `template.yaml` or of another text."""

    def __init__(self, text: str | None = None) -> None:
        values = read(text or (ROOT / "template.yaml").read_text())
        self.parameters: dict[str, Any] = values["Parameters"]
        self.resources: dict[str, Any] = values["Resources"]
        self.outputs: dict[str, Any] = values["Outputs"]
        self.globals: dict[str, Any] = values["Globals"]

    def functions(self) -> dict[str, dict[str, Any]]:
        """Return the properties of each function, by its logical id."""
        return {
            name: each["Properties"]
            for name, each in self.resources.items()
            if each["Type"] == FUNCTION
        }

    def layers(self, function: str) -> list[str]:
        """Return the logical ids of the layers of a function: everybody's, and its own."""
        own = self.functions()[function].get("Layers", [])
        return [layer["Ref"] for layer in [*self.globals["Function"]["Layers"], *own]]

    def routes(self) -> list[Route]:
        """Return the routes of the API, the preferred ones first."""
        return sorted(
            (
                Route(event["Properties"]["Path"], name)
                for name, properties in self.functions().items()
                for event in properties.get("Events", {}).values()
                if event["Type"] == "Api"
            ),
            key=lambda route: route.rank,
        )

    def environment(self, function: str, given: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a function; `given` has the values of a deployment."""
        return {
            name: given[name] if name in given else self.text(value, name)
            for name, value in self.variables(function)
        }

    def variables(self, function: str) -> Iterator[tuple[str, Any]]:
        """Yield the variables that are declared for a function, with their values."""
        for properties in (self.globals["Function"], self.functions()[function]):
            yield from properties.get("Environment", {}).get("Variables", {}).items()

    def text(self, value: Any, name: str) -> str:
        """Return the text of a value or of a parameter. Raises LookupError for other values."""
        match value:
            case {"Ref": parameter} if parameter in self.parameters:
                return str(self.parameters[parameter]["Default"])
            case dict():
                raise LookupError(f"{name} is {value}: events/env.json has to say what it is here")
        return str(value)
