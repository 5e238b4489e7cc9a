"""The options before the command, which name the deployment to work on."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from rollcall.cli.terminal import operator
from rollcall.operations import deployment
from rollcall.operations.deployment import Selection
from rollcall.operations.operator import Operator


@dataclass(frozen=True)
class ConnectionOptions:
    """The values of the options before the command."""

    stack: str | None
    endpoint_url: str | None
    state: Path


def connect(context: typer.Context) -> Operator:
    """Return who runs the command, on the deployment that the options name."""
    options: ConnectionOptions = context.obj
    selection = Selection(options.stack, options.endpoint_url, options.state, os.environ)
    return deployment.connect(operator(), selection)


operator_of = target = connect
