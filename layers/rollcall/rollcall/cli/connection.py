"""The operator of a command: who runs it, on the deployment that the options before it name."""

from __future__ import annotations

import typer

from rollcall.cli.terminal import operator
from rollcall.operations import deployment
from rollcall.operations.operator import Operator
from rollcall.operations.selection import Selection


def connect(context: typer.Context) -> Operator:
    """Return who runs the command, on the deployment that the options name."""
    selection: Selection = context.obj
    return deployment.connect(operator(), selection)
