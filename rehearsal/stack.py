"""One stack, deployed, read and deleted with the commands of an operator."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from events.runtime import machine
from rehearsal.cloud import REGION, ROOT, Cloud

BUILT = ROOT / ".aws-sam" / "local"
_SECONDS = 240


class CommandError(RuntimeError):
    """A command failed; the message is the end of its output."""


class Stack:
    """A stack by its name."""

    def __init__(self, cloud: Cloud, name: str) -> None:
        self.cloud = cloud
        self.name = name

    def deploy(self, built: Path = BUILT, /, **parameters: str) -> None:
        """Deploy the build, and add what the emulator leaves out. Raises CommandError."""
        here = {"Architecture": machine(), "EndpointUrl": self.cloud.endpoint}
        self._sam(
            "deploy",
            "--template-file",
            str(_without_codedeploy(built)),
            "--resolve-s3",
            "--capabilities",
            "CAPABILITY_IAM",
            "--no-confirm-changeset",
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in {**here, **parameters}.items()),
        )
        self._complete_api()
        self._complete_permissions()
        self._allow_plain_http()

    def delete(self) -> None:
        """Delete the stack. Raises CommandError."""
        self._sam("delete", "--no-prompts")

    def status(self) -> str:
        """Return the status of the stack from CloudFormation, empty when there is no stack."""
        try:
            (found,) = self._formation.describe_stacks(StackName=self.name)["Stacks"]
        except self._formation.exceptions.ClientError:
            return ""
        return str(found["StackStatus"])

    def resources(self) -> dict[str, str]:
        """Return the physical ids of all resources, by their logical ids."""
        found = self._formation.describe_stack_resources(StackName=self.name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stack."""
        (found,) = self._formation.describe_stacks(StackName=self.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}

    @cached_property
    def url(self) -> str:
        """The URL of the API on this machine."""
        resources = self.resources()
        return self.cloud.url(resources["Api"], resources["ApiStage"])

    def local_url(self, url: str) -> str:
        """Return the URL on this machine for a URL of the deployed API."""
        return url.replace(self.outputs()["ApiUrl"], self.url)

    def rollcall(self, *arguments: str, expected: int = 0) -> str:
        """Run the command on the stack, and return what it prints.

        Raises CommandError when its exit code is not the expected one.
        """
        command = [str(ROOT / ".venv" / "bin" / "rollcall"), "--stack", self.name, *arguments]
        return _run(command, self.cloud.environment(), expected=expected)

    def json(self, *arguments: str) -> Any:
        """Run the command on the stack with --json, and return its output."""
        return json.loads(self.rollcall(*arguments, "--json"))

    def invoke(self, function: str, event: Any) -> Any:
        """Invoke a function by its logical id as an AWS service does, and return its answer."""
        answer = self.cloud.client("lambda").invoke(
            FunctionName=self.resources()[function], Payload=json.dumps(event)
        )
        return json.loads(answer["Payload"].read())

    @cached_property
    def _formation(self) -> Any:
        return self.cloud.client("cloudformation")

    def _sam(self, command: str, *arguments: str) -> None:
        sam = str(ROOT / ".venv-sam" / "bin" / "sam")
        named = ["--stack-name", self.name, "--region", REGION]
        _run([sam, command, *named, *arguments], self.cloud.environment(), self.cloud.folder)

    def _complete_api(self) -> None:
        """Add the methods and responses of the API that the import of the emulator leaves out.

        It passes over `x-amazon-apigateway-any-method` and the gateway responses.
        """
        resources, gateway = self.resources(), self.cloud.client("apigateway")
        api = resources["Api"]
        paths = gateway.get_resources(restApiId=api, limit=500)["items"]
        missing = {each["path"]: each["id"] for each in paths if not each.get("resourceMethods")}
        definition = self._definition()
        for path, integration in _integrations(definition, resources):
            if path in missing:
                method = {"restApiId": api, "resourceId": missing[path], "httpMethod": "ANY"}
                gateway.put_method(**method, authorizationType="NONE")
                gateway.put_integration(**method, **integration)
        for kind, answer in definition["x-amazon-apigateway-gateway-responses"].items():
            gateway.put_gateway_response(
                restApiId=api,
                responseType=kind,
                statusCode=str(answer["statusCode"]),
                responseParameters=dict(answer["responseParameters"]),
                responseTemplates=dict(answer["responseTemplates"]),
            )
        gateway.create_deployment(restApiId=api, stageName=resources["ApiStage"])

    def _complete_permissions(self) -> None:
        """Allow batches where single messages are allowed: one permission on AWS."""
        iam = self.cloud.client("iam")
        named = {"RoleName": self.resources()["DuplicatesRole"], "PolicyName": "calls"}
        document = json.dumps(iam.get_role_policy(**named)["PolicyDocument"])
        single = '"sqs:SendMessage",'
        if single in document:
            document = document.replace(single, f'{single} "sqs:SendMessageBatch",')
            iam.put_role_policy(**named, PolicyDocument=document)

    def _allow_plain_http(self) -> None:
        """Remove the policies that refuse requests without TLS, which loopback does not have."""
        resources, buckets = self.resources(), self.cloud.client("s3")
        for each in ("ReportBucket", "UnpublishedBucket"):
            buckets.delete_bucket_policy(Bucket=resources[each])

    def _definition(self) -> Any:
        processed = self._formation.get_template(StackName=self.name, TemplateStage="Processed")
        return processed["TemplateBody"]["Resources"]["Api"]["Properties"]["Body"]


def _without_codedeploy(built: Path) -> Path:
    """Return the template with another default: the emulator's transform sees no other value."""
    text = (built / "template.yaml").read_text()
    before, name, after = text.partition("  ProbedReleases:\n")
    made = built / "rehearsed.yaml"
    made.write_text(before + name + re.sub("Default: .*", 'Default: "false"', after, count=1))
    return made


def _integrations(
    definition: Any, resources: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    for path, methods in definition["paths"].items():
        stated = methods["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
        uri = stated["uri"]["Fn::Sub"].replace("${AWS::Region}", REGION)
        for name, identifier in resources.items():
            uri = uri.replace(f"${{{name}}}", identifier)
        yield path, {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri}


def _run(
    command: list[str], environment: Mapping[str, str], folder: Path = ROOT, expected: int = 0
) -> str:
    done = subprocess.run(  # noqa: S603  # our own command, and SAM's
        command,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode != expected:
        said = "\n".join([*done.stdout.splitlines()[-12:], *done.stderr.splitlines()[-12:]])
        raise CommandError(f"{' '.join(command[:4])} failed with {done.returncode}:\n{said}")
    return done.stdout
