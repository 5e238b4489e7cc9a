"""What a role allows, with the names that things have on this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from events.case import given
from events.template import ROOT, Template
from tests.sam.recorder import ACCOUNT, Call

POLLED = {
    "SQS": ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    "DynamoDB": ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
}
"""What Lambda itself does with a function's role, by the type of the event source."""

_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{ACCOUNT}:table/",
    "AWS::Events::EventBus": f"arn:aws:events:{ACCOUNT}:event-bus/",
    "AWS::S3::Bucket": "arn:aws:s3:::",
    "AWS::SQS::Queue": f"arn:aws:sqs:{ACCOUNT}:",
}
_PSEUDO = {"Partition": "aws", "Region": "us-east-1", "AccountId": "000000000000"}


class Policies:
    """The policies of a template, each statement by action and resource."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._names = {
            value["Ref"]: given()[variable]
            for function in template.functions()
            for variable, value in template.variables(function)
            if isinstance(value, dict) and "Ref" in value and variable in given()
        }

    def allowed(self, function: str) -> set[Call]:
        """Return the actions that a function's own role allows, with patterns of ARNs."""
        role = self._template.functions()[function]["Role"]["Fn::GetAtt"].removesuffix(".Arn")
        return {
            (action, self.arn(resource))
            for policy in self._template.resources[role]["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in _list(statement["Action"])
            for resource in _list(statement["Resource"])
        }

    def of_lambda(self, function: str) -> Iterator[Call]:
        """Yield what Lambda calls with a function's role: to poll, and to hand failures over."""
        for event in self._template.functions()[function].get("Events", {}).values():
            properties = event["Properties"]
            for action in POLLED.get(event["Type"], ()):
                yield action, self.arn(properties.get("Queue") or properties["Stream"])
            failed = properties.get("DestinationConfig", {}).get("OnFailure")
            if failed:
                bucket = self.arn(failed["Destination"])
                yield from (("s3:PutObject", f"{bucket}/x"), ("s3:ListBucket", bucket))
            if event["Type"] == "DynamoDB":
                yield "dynamodb:ListStreams", "*"

    def arn(self, value: Any) -> str:
        """Return an ARN, or a pattern of ARNs, that stands in a policy."""
        match value:
            case str():
                return value
            case {"Ref": name}:
                return self._names[name]
            case {"Fn::GetAtt": attribute}:
                return self._attribute(attribute)
            case {"Fn::Sub": text}:
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._inner(found[1]), text)
        raise LookupError(f"{value} is no ARN")

    def _inner(self, name: str) -> str:
        if name.startswith("AWS::"):
            return _PSEUDO[name.removeprefix("AWS::")]
        if "." in name:
            return self._attribute(name)
        return self._template.text({"Ref": name}, name)

    def _attribute(self, attribute: str) -> str:
        name, _, wanted = attribute.partition(".")
        arn = _ARNS[self._template.resources[name]["Type"]]
        arn += self._names.get(name, name).rpartition("/")[2]
        return f"{arn}/stream/now" if wanted == "StreamArn" else arn


def covers(allowed: Call, call: Call) -> bool:
    """Tell whether what is allowed allows a call."""
    return allowed[0] == call[0] and fnmatchcase(call[1], allowed[1])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def described_services() -> set[str]:
    """Return the services of AWS whose descriptions the layer keeps."""
    return set((ROOT / "layers/rollcall/services.txt").read_text().split())
