"""The template after SAM's transform, with conditions and references resolved.

What a resource is called is known only when it is there: a reference to it is `<Table>`, to one of
its attributes `<Table.Arn>`, unless the names are given.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from events import template
from events.template import ROOT

_SUFFIXES = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}
_CODE = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}


@dataclass(frozen=True)
class Processed:
    """`template.yaml`, or another text, processed with some parameters.

    `names` are those of resources, and of their attributes as `Table.Arn`, where they are known.
    """

    text: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    stack: str = "rollcall"
    region: str = "eu-west-1"
    partition: str = "aws"
    account: str = "123456789012"
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def resources(self) -> dict[str, Any]:
        """The resources that are created, by logical id."""
        return self._made(self._transformed["Resources"])

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack."""
        return {
            name: each["Value"] for name, each in self._made(self._transformed["Outputs"]).items()
        }

    def of_type(self, kind: str) -> dict[str, Any]:
        """Return the properties of all resources of a type, by logical id."""
        return {
            name: each.get("Properties", {})
            for name, each in self.resources.items()
            if each["Type"] == kind
        }

    @cached_property
    def _values(self) -> dict[str, Any]:
        return template.read(self.text or (ROOT / "template.yaml").read_text())

    @cached_property
    def _transformed(self) -> dict[str, Any]:
        # Slow to import, and an operator's machine has it not.
        from samtranslator.parser.parser import Parser  # noqa: PLC0415
        from samtranslator.translator.translator import Translator  # noqa: PLC0415

        values = template.read(self.text or (ROOT / "template.yaml").read_text())
        for each in values["Resources"].values():
            if each["Type"] in _CODE:
                each["Properties"][_CODE[each["Type"]]] = "s3://bucket/key"
        logging.getLogger("samtranslator").setLevel(logging.ERROR)
        session: Any = _Session(self.region)
        translator = Translator({}, Parser(), boto_session=session)
        done: dict[str, Any] = translator.translate(values, dict(self._given))
        return done

    @cached_property
    def _given(self) -> dict[str, str]:
        declared = self._values["Parameters"]
        defaults = {name: str(each.get("Default", "")) for name, each in declared.items()}
        return {**defaults, **self.parameters}

    @cached_property
    def _pseudo(self) -> dict[str, Any]:
        return {
            "AWS::AccountId": self.account,
            "AWS::NoValue": _NOTHING,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": _SUFFIXES[self.partition],
        }

    def _made(self, things: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self.value(each)
            for name, each in things.items()
            if "Condition" not in each or self._holds({"Condition": each["Condition"]})
        }

    def value(self, value: Any) -> Any:  # noqa: PLR0911  # one for each function of CloudFormation
        """Return the value of a part of the template."""
        match value:
            case {"Ref": str(name), **rest} if not rest:
                return self._reference(name)
            case {"Fn::GetAtt": attribute, **rest} if not rest:
                path = attribute if isinstance(attribute, str) else ".".join(attribute)
                return self.names.get(path, f"<{path}>")
            case {"Fn::Sub": text, **rest} if not rest:
                return self._substituted(*(text if isinstance(text, list) else (text, {})))
            case {"Fn::Select": [place, several], **rest} if not rest:
                return self.value(several)[int(place)]
            case {"Fn::Split": [separator, text], **rest} if not rest:
                return self.value(text).split(separator)
            case {"Fn::Join": [separator, parts], **rest} if not rest:
                return separator.join(self.value(parts))
            case {"Fn::If": [condition, then, otherwise], **rest} if not rest:
                holds = self._holds({"Condition": condition})
                return self.value(then if holds else otherwise)
            case dict():
                found = {name: self.value(each) for name, each in value.items()}
                return {name: each for name, each in found.items() if each is not _NOTHING}
            case list():
                return [each for each in map(self.value, value) if each is not _NOTHING]
        return value

    def _reference(self, name: str) -> Any:
        if name in self._pseudo:
            return self._pseudo[name]
        return self._given.get(name, self.names.get(name, f"<{name}>"))

    def _substituted(self, text: str, also: Mapping[str, Any]) -> str:
        def name(found: re.Match[str]) -> str:
            if found[1] in also:
                return str(self.value(also[found[1]]))
            if "." in found[1]:
                return str(self.value({"Fn::GetAtt": found[1]}))
            return str(self._reference(found[1]))

        return re.sub(r"\$\{([^!}][^}]*)\}", name, text)

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Condition": name}:
                return self._holds(self._values["Conditions"][name])
            case {"Fn::Equals": [left, right]}:
                return bool(self.value(left) == self.value(right))
            case {"Fn::Not": [inner]}:
                return not self._holds(inner)
            case {"Fn::And": several}:
                return all(map(self._holds, several))
            case {"Fn::Or": several}:
                return any(map(self._holds, several))
        raise LookupError(f"{condition} is no condition")


@dataclass(frozen=True)
class _Session:
    """The part of an SDK session that the transform needs."""

    region_name: str


_NOTHING = object()
