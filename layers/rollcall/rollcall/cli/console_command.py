"""`rollcall console`: the pages for the support team, on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rollcall.cli.terminal import AsJson, UsageError, err, local_user, print_lines, say
from rollcall.cli.termination import orderly_end
from rollcall.operations import running_server
from rollcall.operations.selection import Selection

if TYPE_CHECKING:
    from rollcall.console.workplace import Connect, DeploymentChoice, Workplace
    from rollcall.operations.operator import Operator

MISSING = (
    "the console is not installed: add the extra `console`, as in "
    "`uv tool install '.[console]'` in a checkout"
)


def console(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(help="The deployment to begin with: the name of its stack.")
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="The AWS profile that leads to it; it is remembered.", show_default=False
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(help="The AWS region that it is in; it is remembered.", show_default=False),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the link, and open no browser.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open the pages for the support team, which work with your own AWS credentials.

    They are served on this machine alone, for one browser, until Ctrl-C or half an hour without a
    request; work that is not done by then is waited for. The link works once, within a minute.
    With --json it is printed as one line: {"url": …}.
    """
    try:
        from rollcall.console.console_server import ConsoleServer  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise UsageError(MISSING) from error
    server = ConsoleServer(
        workplace(context.obj, _memory(), stack, profile, region), partial(say, to=err)
    )

    def announce() -> None:
        if as_json:
            print(json.dumps({"url": server.sign_in.link}), flush=True)
        elif no_browser or not server.open_browser():
            print_lines(server.sign_in.link)
        if not as_json:
            say("The link works once, within a minute. Ctrl-C ends the console.")

    with orderly_end():
        server.run(announce)


@contextmanager
def console_beside(selection: Selection) -> Iterator[str]:
    """Serve the console of a local server beside it; yields the link, empty without the extra."""
    try:
        from rollcall.console.console_server import ConsoleServer  # noqa: PLC0415  # an extra
        from rollcall.console.workplace import DeploymentChoice, Workplace  # noqa: PLC0415
    except ImportError:
        yield ""
        return
    workplace = Workplace(_connect(selection), None, DeploymentChoice())
    with ConsoleServer(workplace).beside() as link:
        yield link


def workplace(
    selection: Selection,
    memory: Path,
    stack: str | None,
    profile: str | None,
    region: str | None,
) -> Workplace:
    """Return the workplace of the options, completed with what is remembered of the stack."""
    from rollcall.console.workplace import DeploymentChoice, Workplace  # noqa: PLC0415  # an extra

    place = Workplace(_connect(selection), memory, None)
    remembered = place.remembered()
    name = stack or selection.stack
    given = DeploymentChoice(
        name or "", profile or selection.profile or "", region or selection.region or ""
    )
    if name:
        known = next((each for each in remembered if each.stack == name), given)
        place.choice = replace(
            known, profile=given.profile or known.profile, region=given.region or known.region
        )
    elif _is_named(selection):
        place.choice = given
    return place


def _connect(selection: Selection) -> Connect:
    def connect(choice: DeploymentChoice) -> Operator:
        from rollcall.operations import deployment  # noqa: PLC0415  # imports the AWS client

        chosen = replace(
            selection,
            stack=choice.stack or None,
            profile=choice.profile or None,
            region=choice.region or None,
        )
        return deployment.connect(local_user(), chosen)

    return connect


def _is_named(selection: Selection) -> bool:
    """Tell whether there is a deployment without a stack: the environment's, or a local server."""
    named = selection.endpoint_url or selection.environment.keys() & {
        "AWS_ENDPOINT_URL",
        "ROLLCALL_TABLE",
    }
    return bool(named) or running_server.find(selection.state) is not None


def _memory() -> Path:
    """Return the file in which stacks, profiles and regions are remembered."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "rollcall" / "console.json"
