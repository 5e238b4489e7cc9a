"""Deployments of CodeDeploy, and the versions of functions that they are about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rollcall.operator_error import OperatorError


@dataclass(frozen=True)
class Target:
    """A function, the version that is to be released, and the one that clients reach now."""

    function: str
    version: str
    current: str


@dataclass(frozen=True)
class InvocationFailed(Exception):  # noqa: N818
    """A version failed instead of answering."""

    answer: Mapping[str, Any]

    def __str__(self) -> str:
        """Return the type of the error; its message may hold values."""
        return f"the version failed with {self.answer.get('errorType', 'an error')}"


class Deployments:
    """The deployments of an account."""

    def __init__(self, codedeploy: Any, functions: Any) -> None:
        self._codedeploy = codedeploy
        self._functions = functions

    def target(self, deployment: str) -> Target:
        """Return what a deployment is about. Raises OperatorError if it does not say so."""
        info = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
        found = self._codedeploy.get_application_revision(
            applicationName=info["applicationName"], revision=info["revision"]
        )["revision"]
        content = found.get("string") or found.get("appSpecContent") or {}
        for properties in _functions(json.loads(content.get("content", "{}"))):
            return Target(
                properties["name"], properties["targetversion"], properties["currentversion"]
            )
        raise OperatorError(f"the deployment {deployment} names no version of a function")

    def report(self, deployment: str, execution: str, *, succeeded: bool) -> None:
        """Tell CodeDeploy how a hook ended."""
        self._codedeploy.put_lifecycle_event_hook_execution_status(
            deploymentId=deployment,
            lifecycleEventHookExecutionId=execution,
            status="Succeeded" if succeeded else "Failed",
        )

    def invoke(self, target: Target, event: Mapping[str, Any]) -> Any:
        """Return the answer of the version to an event. Raises InvocationFailed."""
        answer = self._functions.invoke(
            FunctionName=target.function, Qualifier=target.version, Payload=json.dumps(event)
        )
        said = json.loads(answer["Payload"].read() or "null")
        if "FunctionError" in answer:
            raise InvocationFailed(said or {})
        return said

    def delete_older(self, target: Target) -> list[str]:
        """Delete the versions but the one that is released and the one before, and return them."""
        kept = {"$LATEST", target.version, target.current}
        pages = self._functions.get_paginator("list_versions_by_function").paginate(
            FunctionName=target.function
        )
        versions = [each["Version"] for page in pages for each in page["Versions"]]
        older = [each for each in versions if each not in kept]
        for each in older:
            # Lambda itself refuses to delete one that an alias points to.
            with suppress(
                self._functions.exceptions.ResourceConflictException,
                self._functions.exceptions.ResourceNotFoundException,
            ):
                self._functions.delete_function(FunctionName=target.function, Qualifier=each)
        return older


def _functions(content: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the functions of an AppSpec, with names in lower case: both cases are in use."""
    lists: list[Any] = [each for name, each in content.items() if name.lower() == "resources"]
    for named in [each for resources in lists for each in resources]:
        for resource in named.values():
            lower = {name.lower(): value for name, value in resource.items()}
            yield {name.lower(): str(value) for name, value in lower["properties"].items()}
