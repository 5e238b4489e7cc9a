"""What a role allows, with the names that things have on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from events.case import given
from events.processed import Processed
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


class Policies:
    """The policies of a template, each statement by action and resource."""

    def __init__(self, template: Template) -> None:
        self._template = template
        region, _, account = ACCOUNT.partition(":")
        self._processed = Processed(
            parameters={"SecretPrefix": given()["ROLLCALL_SECRETS"]},
            region=region,
            account=account,
            names=_names(template),
        )

    def allowed(self, function: str) -> set[Call]:
        """Return the actions that a function's own role allows, with patterns of ARNs."""
        role = self._template.functions()[function]["Role"]["Fn::GetAtt"].removesuffix(".Arn")
        return {
            (action, resource)
            for policy in self._processed.resources[role]["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in _list(statement["Action"])
            for resource in _list(statement["Resource"])
        }

    def of_lambda(self, function: str) -> Iterator[Call]:
        """Yield what Lambda calls with a function's role: to poll, and to hand failures over."""
        for event in self._template.functions()[function].get("Events", {}).values():
            properties = self._processed.value(event["Properties"])
            for action in POLLED.get(event["Type"], ()):
                yield action, properties.get("Queue") or properties["Stream"]
            failed = properties.get("DestinationConfig", {}).get("OnFailure")
            if failed:
                bucket = failed["Destination"]
                yield from (("s3:PutObject", f"{bucket}/x"), ("s3:ListBucket", bucket))
            if event["Type"] == "DynamoDB":
                yield "dynamodb:ListStreams", "*"


def _names(template: Template) -> dict[str, str]:
    """Return what the resources are called that the environment names, and their ARNs."""
    names = {
        name: given()[variable]
        for function in template.functions()
        for variable, value in template.variables(function)
        if variable in given() and (name := _reference(value))
    }
    signing = f"arn:aws:secretsmanager:{ACCOUNT}:secret:{given()['ROLLCALL_SIGNING_SECRET']}-AbCdEf"
    arns = {"SigningSecret.Id": signing}
    for name, resource in template.resources.items():
        if prefix := _ARNS.get(resource["Type"]):
            arn = prefix + names.get(name, name).rpartition("/")[2]
            arns |= {f"{name}.Arn": arn, f"{name}.StreamArn": f"{arn}/stream/now"}
    return {**names, **arns}


def covers(allowed: Call, call: Call) -> bool:
    """Tell whether what is allowed allows a call."""
    return allowed[0] == call[0] and fnmatchcase(call[1], allowed[1])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def described_services() -> set[str]:
    """Return the services of AWS whose descriptions the layer keeps."""
    return set((ROOT / "layers/rollcall/services.txt").read_text().split())


def _reference(value: Any) -> str:
    """Return the resource that a variable names, unless a parameter names another one."""
    match value:
        case {"Ref": str(name)} | {"Fn::If": [_, _, {"Ref": str(name)}]}:
            return name
    return ""
