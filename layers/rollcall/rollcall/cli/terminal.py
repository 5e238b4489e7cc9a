"""Output and options that all commands share: listings and sentences, errors, progress."""

from __future__ import annotations

import os
import pwd
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.text import Text

from rollcall.cli.listing import Listing
from rollcall.cli.text import ENDLESS, Cell, Prose, lines
from rollcall.model.progress import Progress
from rollcall.operator_error import OperatorError

if TYPE_CHECKING:  # most commands have nothing to do with it
    from rollcall.operations.tokens import TokenUse

_Result = TypeVar("_Result")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")
]
Encoding = Annotated[
    str,
    typer.Option(
        help="The encoding of files that are not in UTF-8 or UTF-16, such as windows-1252 for "
        "Excel's plain CSV in Western Europe.",
        show_default=False,
    ),
]
Name = Annotated[
    str, typer.Argument(metavar="TENANT", help="The tenant: 1 to 40 of a-z, 0-9 and -.")
]

Account = Annotated[str, typer.Argument(help="The account: its id or its userName.")]

out = Console(highlight=False, markup=False, emoji=False)
err = Console(highlight=False, markup=False, emoji=False, stderr=True)


class UsageError(OperatorError):
    """The arguments of the command are not valid; the message is one sentence."""


def local_user() -> str:
    """Return the user of this machine who runs the command; no variable of the environment."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without a name, as in a container
        return str(os.getuid())


@contextmanager
def asking() -> Iterator[None]:
    """End the command where a question cannot be answered, because there is no standard input."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise typer.Abort from error


def follow(act: Generator[Progress, None, _Result], title: str) -> _Result:
    """Show the progress of an act on standard error, behind a title; return its result.

    Whatever interrupts this interrupts the act, which says how far it came.
    """
    with err.status(title) as status:
        try:
            while True:
                text = str(next(act))
                status.update(f"{title}: {text}" if text else title)
        except StopIteration as end:
            result: _Result = end.value
            return result
        except BaseException as error:
            act.throw(error)
            raise


def say(sentence: str, *, to: Console = out, style: str = "") -> None:
    """Print a sentence, broken into lines between words, and not within `backticks`."""
    for line in lines(Prose(sentence), _width(to)):
        line.stylize(style)
        to.print(line, soft_wrap=True)


def print_lines(text: Cell, *, to: Console = out) -> None:
    """Print text without breaking its lines: a URL, a token, a file."""
    for line in lines(text, ENDLESS):
        to.print(line, soft_wrap=True)


def print_listing(*listings: Listing) -> None:
    """Print the first of several forms of a listing that fits as a table, or else the last."""
    width = _width(out)
    listing = next((form for form in listings if form.fits(width)), listings[-1])
    for line in listing.lines(width):
        out.print(line, soft_wrap=True)


def complain(sentence: str) -> None:
    """Print an error on standard error."""
    error = lines(Prose(f"error: {sentence}"), _width(err))
    error[0].stylize("red", 0, len("error:"))
    for line in error:
        err.print(line, soft_wrap=True)


def last_use(use: TokenUse | None) -> str:
    """Return the last use of a token or a client in words."""
    return "never used" if use is None else f"last used on {use.last}"


def last_day(use: TokenUse | None) -> str:
    """Return the day of the last use of a token or a client, for a list."""
    return "never" if use is None else use.last


def print_credentials(name: str, url: str, token: str) -> None:
    """Print what an identity provider needs; the token is shown this once."""
    print_lines(Text(name, "bold"))
    print_lines(f"  Tenant URL    {url}")
    print_lines(f"  Secret Token  {token}")
    print_lines(f"  Try           curl -H 'Authorization: Bearer {token}' '{url}/Users'")


def _width(console: Console) -> int:
    """Return the columns of a terminal, ENDLESS when the output is no terminal.

    Rich would take the width of any of the three standard streams that is a terminal, or else 80
    columns, and would keep the value of COLUMNS from the start.
    """
    if not console.file.isatty():
        return ENDLESS
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdigit() else console.width
