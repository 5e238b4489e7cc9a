"""How the command speaks: to people in tables and sentences, to programs in JSON."""

from __future__ import annotations

from getpass import getuser
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")]
Encoding = Annotated[
    str,
    typer.Option(
        help="What a file is in that is not in UTF-8 or UTF-16: windows-1252, as Excel's plain CSV "
        "in Western Europe.",
        show_default=False,
    ),
]
Name = Annotated[str, typer.Argument(help="The tenant: 1 to 40 of a-z, 0-9 and -.")]


class UsageError(Exception):
    """What the operator asked for is not possible; the message is one sentence."""


def operator() -> str:
    """Return who runs the command, as what is written remembers it."""
    return f"operator:{getuser()}"


def listing(*columns: str) -> Table:
    """Return an empty table for people."""
    return Table(*columns, box=None, pad_edge=False)


def complain(sentence: str) -> None:
    """Say what went wrong."""
    err.print(f"[red]error:[/] {escape(sentence)}", soft_wrap=True)


def print_credentials(name: str, url: str, token: str) -> None:
    """Print what an identity provider needs; the token is shown this once."""
    out.print(f"[bold]{name}[/]")
    out.print(f"  Tenant URL    {url}", soft_wrap=True)
    out.print(f"  Secret Token  {token}", soft_wrap=True)
    out.print(
        f"  Try           curl -H 'Authorization: Bearer {token}' '{url}/Users'", soft_wrap=True
    )
