"""The `rollcall` command: the operator's side, and the local server. One module per noun."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer import rich_utils

from rollcall.cli import (
    access_command,
    accounts_command,
    conflicts_command,
    duplicates_command,
    events_command,
    template_preview_command,
    templates_command,
    tenants_command,
    tokens_command,
)
from rollcall.cli.account_links_command import merge, relink, unlink
from rollcall.cli.connection import ConnectionOptions
from rollcall.cli.handover_command import handover
from rollcall.cli.import_command import import_
from rollcall.cli.link_policy_command import domains, policy
from rollcall.cli.log_command import log
from rollcall.cli.serve_command import serve
from rollcall.cli.terminal import UsageError, complain, out
from rollcall.cli.verify_command import verify
from rollcall.operations import failures
from rollcall.operations.running_server import STATE
from rollcall.operator_error import OperatorError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # paragraphs of help texts are as wide as the terminal
    help="""Rollcall, a serverless SCIM 2.0 service provider.

    Without --stack the command works on the local server's data (start it with `rollcall serve`),
    or on what AWS_ENDPOINT_URL, ROLLCALL_TABLE and ROLLCALL_SECRETS name.""",
)
app.command()(serve)
app.command()(handover)
app.command()(log)
app.command()(verify)
tenants_command.app.command()(policy)
tenants_command.app.add_typer(domains, name="domains")
app.add_typer(tenants_command.app, name="tenants")
app.add_typer(tokens_command.app, name="tokens")
app.add_typer(templates_command.app, name="templates")
templates_command.app.command()(template_preview_command.preview)
templates_command.app.command()(template_preview_command.apply)
app.add_typer(access_command.app, name="access")
accounts_command.app.command(name="import")(import_)
for command in (unlink, relink, merge):
    accounts_command.app.command()(command)
app.add_typer(accounts_command.app, name="accounts")
app.add_typer(conflicts_command.app, name="conflicts")
app.add_typer(duplicates_command.app, name="duplicates")
app.add_typer(events_command.app, name="events")


@app.callback()
def choose(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(help="Work on a deployment: the name of its stack.")
    ] = None,
    endpoint_url: Annotated[
        str | None,
        typer.Option(help="Work on another DynamoDB and Secrets Manager.", show_default=False),
    ] = None,
    state: Annotated[
        Path, typer.Option(help="Where the local server keeps its data.", show_default=False)
    ] = STATE,
) -> None:
    """Note what the command is to work on."""
    context.obj = ConnectionOptions(stack, endpoint_url, state)


def main() -> NoReturn:
    """Run the command and end with its exit code.

    What the operator can put right, and what is refused or not to be had, is one sentence and 2. A
    fault of Rollcall ends with its stack and 1; so does, with a sentence, what is not confirmed.
    """
    # In less than 80 columns the names of options would be cut.
    rich_utils.MAX_WIDTH = max(out.width, 80)
    try:
        _check_text(sys.argv[1:])
        with failures.translated():
            code = app(prog_name="rollcall", standalone_mode=False)
    except typer.TyperException as error:
        if sentence := _typed(error):
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
    """Raise UsageError for what is no text in UTF-8, unless it is the name of a file."""
    for word in words:
        if word != word.encode(errors="replace").decode() and not Path(word).exists():
            raise UsageError(f"{word} is not text in UTF-8")


def _typed(error: typer.TyperException) -> str:
    """Return what is wrong with what was typed; empty where help was printed instead."""
    sentence = error.format_message().rstrip(".")
    context: typer.Context | None = getattr(error, "ctx", None)
    if not sentence or context is None:
        return sentence
    return f"{sentence} (see `{context.command_path} --help`)"
