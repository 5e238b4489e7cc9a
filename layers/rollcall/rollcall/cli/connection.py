"""What the command works on: a stack, what the environment names, or the local server."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import typer

from rollcall.aws.clients import stack_outputs
from rollcall.cli.terminal import UsageError, operator
from rollcall.dev import local_server
from rollcall.operations.operator import Operator
from rollcall.runtime import Services, Settings
from rollcall.templates.access_levels import AccessLevels

_OUTPUTS = (
    *("TableName", "SecretPrefix", "AccessLevels", "AccessRoles", "ReportBucket", "ReportTopic"),
    *("ApiUrl", "Bus", "UnpublishedBucket"),
)
"""The outputs of a stack that the command needs."""


@dataclass(frozen=True)
class Connection:
    """What the command works on."""

    services: Services
    base_url: str


@dataclass(frozen=True)
class ConnectionOptions:
    """What the options before the command say."""

    stack: str | None
    endpoint_url: str | None
    state: Path

    def target(self) -> Connection:
        """Return what to work on: a stack, what the environment names, the local server."""
        endpoint(self.endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None)
        if self.stack is not None:
            settings = _deployed(self.stack)
            return Connection(Services(settings), settings.url)
        environment = dict(os.environ)
        if self.endpoint_url is not None:
            environment["AWS_ENDPOINT_URL"] = self.endpoint_url
        if {"AWS_ENDPOINT_URL", "ROLLCALL_TABLE"} & set(environment):
            base_url = environment.get("ROLLCALL_URL", "http://127.0.0.1:8000")
            unpublished = environment.get("ROLLCALL_UNPUBLISHED", Settings.unpublished)
            settings = replace(Settings.of(environment), unpublished=unpublished)
            return Connection(Services(settings), base_url)
        running = local_server.find(self.state)
        if running is None:
            raise UsageError(
                "no local server is running (start one with `rollcall serve`), "
                "and neither --stack nor the environment names a deployment"
            )
        settings = Settings(
            endpoint_url=running.endpoint_url,
            url=running.url,
            scales=Settings.of(environment).scales,
        )
        return Connection(Services(settings), running.url)


def _deployed(stack: str) -> Settings:
    """Return the settings that the outputs of a stack name. Raises UsageError where some lack."""
    outputs = stack_outputs(stack)
    if missing := [each for each in _OUTPUTS if each not in outputs]:
        raise UsageError(f"the stack {stack} is no Rollcall: it has no output {missing[0]}")
    return Settings(
        table=outputs["TableName"],
        secrets=outputs["SecretPrefix"],
        scales=AccessLevels.of(outputs["AccessLevels"], outputs["AccessRoles"]),
        reports=outputs["ReportBucket"],
        topic=outputs["ReportTopic"],
        url=outputs["ApiUrl"],
        bus=outputs["Bus"],
        unpublished=outputs["UnpublishedBucket"],
    )


def target(context: typer.Context) -> Connection:
    """Return what this run of the command works on. Raises UsageError when there is nothing."""
    choice: ConnectionOptions = context.obj
    return choice.target()


def operator_of(context: typer.Context) -> Operator:
    """Return who runs the command, and on what. Raises UsageError when there is nothing."""
    return Operator(target(context).services, operator())


def endpoint(url: str | None) -> str | None:
    """Return the URL of an endpoint. Raises UsageError for what is none."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is none
        good = False
    if not good:
        raise UsageError(f"{url!r} is no URL of an endpoint, such as http://127.0.0.1:4566")
    return url
