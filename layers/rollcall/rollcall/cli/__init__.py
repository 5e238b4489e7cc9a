"""The `rollcall` command: it parses and prints, and leaves the rest to `operations`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer import rich_utils

from rollcall.cli.command_group import MARKUP, CommandGroup
from rollcall.cli.terminal import UsageError, complain, out
from rollcall.operations.running_server import STATE
from rollcall.operations.selection import Selection
from rollcall.operator_error import OperatorError

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=MARKUP,
    help="""Rollcall, a serverless SCIM 2.0 service provider.

    Without --stack the command works on the local server's data (start it with `rollcall serve`),
    or on what AWS_ENDPOINT_URL, ROLLCALL_TABLE and ROLLCALL_SECRETS name.""",
)


@app.callback()
def choose(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(help="Work on a deployment: the name of its stack.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(help="The AWS profile to use, as AWS_PROFILE.", show_default=False),
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="The region of the stack.", show_default=False)
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(help="Work on another DynamoDB and Secrets Manager.", show_default=False),
    ] = None,
    state: Annotated[
        Path, typer.Option(help="Where the local server keeps its data.", show_default=False)
    ] = STATE,
) -> None:
    """Note which deployment the command works on."""
    context.obj = Selection(stack, endpoint_url, state, os.environ, profile, region)


def main() -> NoReturn:
    """Run the command and end with its exit code.

    An OperatorError, which the operator can correct, is printed as a sentence, with exit code 2.
    Any other exception is a fault of Rollcall: its stack is printed, with 1. A question that is not
    confirmed ends with a sentence and 1.
    """
    # In less than 80 columns the names of options would be cut.
    rich_utils.MAX_WIDTH = max(out.width, 80)
    try:
        _check_text(sys.argv[1:])
        code = app(prog_name="rollcall", standalone_mode=False)
    except typer.TyperException as error:
        if sentence := _sentence(error):
            complain(sentence)
        sys.exit(error.exit_code)
    except typer.Abort:
        complain("that is not confirmed, nothing is changed (--yes does not ask)")
        sys.exit(1)
    except OperatorError as error:
        for sentence in str(error).splitlines():
            complain(sentence)
        sys.exit(2)
    sys.exit(code)


def _check_text(words: Sequence[str]) -> None:
    """Raise UsageError for an argument that is not UTF-8, unless it is the name of a file."""
    for word in words:
        if word != word.encode(errors="replace").decode() and not Path(word).exists():
            raise UsageError(f"{word} is not text in UTF-8")


def _sentence(error: typer.TyperException) -> str:
    """Return the sentence for a usage error, empty when help was printed instead."""
    sentence = error.format_message().rstrip(".")
    context: typer.Context | None = getattr(error, "ctx", None)
    if not sentence or context is None:
        return sentence
    return f"{sentence} (see `{context.command_path} --help`)"
