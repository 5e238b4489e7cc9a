"""What the command works on: a stack, what the environment names, or the local server."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from rollcall import local
from rollcall.runtime import Services, Settings
from rollcall.storage.clients import stack_outputs
from rollcall.templates.scales import Scales


@dataclass(frozen=True)
class Target:
    """What the command works on."""

    services: Services
    base_url: str


@dataclass(frozen=True)
class Choice:
    """What the options before the command say."""

    stack: str | None
    endpoint_url: str | None
    state: Path

    def target(self) -> Target:
        """Return what to work on: a stack, what the environment names, the local server."""
        if self.stack is not None:
            outputs = stack_outputs(self.stack)
            try:
                settings = Settings(
                    outputs["TableName"],
                    outputs["SecretPrefix"],
                    scales=Scales.of(outputs["AccessLevels"], outputs["AccessRoles"]),
                    reports=outputs["ReportBucket"],
                    topic=outputs["ReportTopic"],
                    url=outputs["ApiUrl"],
                    bus=outputs["Bus"],
                    unpublished=outputs["UnpublishedBucket"],
                )
                return Target(Services(settings), settings.url)
            except KeyError as error:
                raise LookupError(f"the stack {self.stack} has no output {error}") from error
        environment = dict(os.environ)
        if self.endpoint_url is not None:
            environment["AWS_ENDPOINT_URL"] = self.endpoint_url
        if {"AWS_ENDPOINT_URL", "ROLLCALL_TABLE"} & set(environment):
            base_url = environment.get("ROLLCALL_URL", "http://127.0.0.1:8000")
            unpublished = environment.get("ROLLCALL_UNPUBLISHED", Settings.unpublished)
            settings = replace(Settings.of(environment), unpublished=unpublished)
            return Target(Services(settings), base_url)
        running = local.find(self.state)
        if running is None:
            raise LookupError(
                "no local server is running (start one with `rollcall serve`), "
                "and neither --stack nor the environment names a deployment"
            )
        settings = Settings(
            endpoint_url=running.endpoint_url,
            url=running.url,
            scales=Settings.of(environment).scales,
        )
        return Target(Services(settings), running.url)


def target(context: typer.Context) -> Target:
    """Return what this run of the command works on. Raises LookupError when there is nothing."""
    choice: Choice = context.obj
    return choice.target()
