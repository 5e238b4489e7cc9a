"""What destroys something asks first, and asks why: the log keeps the reason.

An act destroys what no other command brings back. What has a name that people know is confirmed by
its name, a credential by yes. A program confirms with --yes, and has to say why like everybody.
"""

from __future__ import annotations

from typing import Annotated

import typer

from rollcall.cli.terminal import UsageError, asking
from rollcall.operations.operator import Operator

Reason = Annotated[
    str, typer.Option(help="Why, for the log; without names of people.", show_default=False)
]


def confirm_name(
    operator: Operator, name: str, sentence: str, *, yes: bool, reason: str
) -> Operator:
    """Return the operator with a reason, after the name of what is destroyed was typed.

    `sentence` says what is destroyed. Raises UsageError for another name, and Abort for a no.
    """
    if not yes:
        with asking():
            typed = typer.prompt(sentence).strip()
        if typed.lower() in {"n", "no"} and typed != name:
            raise typer.Abort
        if typed != name:
            raise UsageError("the name does not match, nothing is changed")
    return give_reason(operator, reason, ask=not yes)


def confirm(operator: Operator, question: str, *, yes: bool, reason: str) -> Operator:
    """Return the operator with a reason, after a question was answered with yes."""
    if not yes:
        with asking():
            typer.confirm(question, abort=True)
    return give_reason(operator, reason, ask=not yes)


def give_reason(operator: Operator, reason: str, *, ask: bool) -> Operator:
    """Return the operator with the reason of the option --reason, or else with the one typed."""
    if not reason and ask:
        with asking():
            reason = typer.prompt("Why? The log keeps it")
    elif not reason:
        raise UsageError("say why: --reason TEXT, which the log keeps")
    return operator.because(reason)
