"""The operator of a command: who runs it, and on which deployment."""

from __future__ import annotations

import typer

from rollcall.cli.terminal import local_user
from rollcall.operations import deployment
from rollcall.operations.operator import Operator
from rollcall.operations.selection import Selection


def connect(context: typer.Context) -> Operator:
    """Return the person who runs the command as operator of the selected deployment."""
    selection: Selection = context.obj
    return deployment.connect(local_user(), selection)


def connect_to(selection: Selection) -> Operator:
    """Return the person who runs the command as operator of another deployment, too."""
    return deployment.connect(local_user(), selection)
