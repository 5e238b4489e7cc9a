"""The commands by name; a command is imported when it runs, so that `rollcall --help` is quick."""

from __future__ import annotations

from collections import UserDict
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

MARKUP: Literal["markdown"] = "markdown"
"""The markup of help texts: their paragraphs are as wide as the terminal."""


class Place(NamedTuple):
    """Where a command is, as `module:attribute` of this package, and its help in the listing."""

    name: str
    help: str


PLACES = {
    "serve": Place(
        "serve_command:serve", "Serve the whole API on this machine, without an AWS account."
    ),
    "console": Place(
        "console_command:console",
        "Open the pages for the support team, which work with your own AWS credentials.",
    ),
    "handover": Place(
        "handover_command:handover",
        "Print a one-time link by which a tenant's administrator connects the identity provider.",
    ),
    "log": Place(
        "log_command:log",
        "Show the provisioning log: writes, refusals, and lookups that found nothing.",
    ),
    "verify": Place(
        "verify_command:verify",
        "Check that a tenant's documents, names, lookups, memberships, grants and counts agree.",
    ),
    "restore": Place(
        "restore_command:restore",
        "Bring a tenant back to an earlier time, but for whoever was shut out since.",
    ),
    "tenants": Place("tenants_command:app", "Switch SCIM on and off for a tenant."),
    "tokens": Place(
        "tokens_command:app",
        "The secret tokens of a tenant: several may be live at once, so that a token can be "
        "replaced without an outage. A token is shown once, when it is issued, and not stored.",
    ),
    "oauth": Place(
        "oauth_command:app",
        "The OAuth clients of a tenant: each gets access tokens of an hour at the tenant's token "
        "endpoint, for a secret or, with a trust, for assertions of an issuer such as Entra ID.",
    ),
    "templates": Place(
        "templates_command:app",
        "New User Templates: what users may do as soon as they arrive over SCIM.",
    ),
    "access": Place(
        "access_command:app",
        "Show what a user may do in the product and why, and change it.",
    ),
    "accounts": Place("accounts_command:app", "Manage the accounts of a tenant."),
    "brake": Place(
        "brake_command:app",
        "Stop a mistake of the identity provider, such as a filter that leaves out many people.",
    ),
    "person": Place(
        "person_command:app", "Find a person, hand out what is stored of a person, or erase it."
    ),
    "conflicts": Place("conflicts_command:app", "Find conflicts before SCIM is switched on."),
    "duplicates": Place(
        "duplicates_command:app",
        "Find people with several accounts, and accounts that nobody looks after.",
    ),
    "gallery": Place(
        "gallery_command:app", "Prepare an application for Microsoft's gallery of applications."
    ),
    "events": Place("events_command:app", "Change events that could not be published."),
}


class CommandGroup(TyperGroup):
    """The commands of PLACES: listed from there, and imported when one of them is to run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes | {"commands": _ImportedCommands(PLACES)})

    def list_commands(self, ctx: Any) -> list[str]:  # Typer's signature
        """Return the names in the order of the listing."""
        return list(PLACES)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Return a command with its name and help alone, which a listing needs."""
        place = PLACES.get(cmd_name)
        return None if place is None else TyperCommand(cmd_name, help=place.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the command that the arguments name, to run it."""
        name, command, others = super().resolve_command(ctx, args)
        return name, command and self.commands[command.name or ""], others

    def invoke(self, ctx: Any) -> Any:
        """Run a command; failed access to AWS and refused changes raise OperatorError."""
        from rollcall.operations import failures  # noqa: PLC0415  # imports the AWS client

        with failures.translated():
            return super().invoke(ctx)


class _ImportedCommands(UserDict[str, Any]):
    """The complete commands by name, each imported when it is read."""

    def __getitem__(self, name: str) -> Any:
        return _imported(name)


@cache
def _imported(name: str) -> Any:
    module, _, attribute = PLACES[name].name.partition(":")
    command = getattr(import_module(f"rollcall.cli.{module}"), attribute)
    parent = typer.Typer(rich_markup_mode=MARKUP)
    if isinstance(command, typer.Typer):
        parent.add_typer(command, name=name)
    else:
        parent.command(name=name)(command)
    return get_group(parent).commands[name]
