"""`rollcall access`: show, grant and revoke what a user may do."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rollcall.cli.connection import connect
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, Name, UsageError, print_listing, say
from rollcall.model.access import Access
from rollcall.operations import user_access
from rollcall.operations.user_access import BY_HAND, UserAccess


class ShownByDefault(TyperGroup):
    """Commands with a default: `access TENANT USER` means `access show TENANT USER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, with `show` inserted when they name no command."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=ShownByDefault,
    no_args_is_help=True,
    help="Show what a user may do in the product and why, and change it.\n\n"
    "Work areas and roles come from New User Templates, see `rollcall templates`. Of all grants "
    "the highest counts. `rollcall access TENANT USER` is short for `rollcall access show`.",
)

User = Annotated[str, typer.Argument(help="The user, by id or userName.")]
Areas = Annotated[list[str] | None, typer.Argument(help="Work areas.", show_default=False)]


@app.command()
def show(context: typer.Context, tenant: Name, user: User, as_json: AsJson = False) -> None:
    """Show what a user may do, which template or person granted it, since when and until when."""
    access = user_access.read_access(connect(context), tenant, user)
    if as_json:
        print(json.dumps(_summary(access)))
        return
    if access.record.active:
        _print_access(access.record.user_name, access.record.access)
    else:
        say(f"{access.record.user_name} is disabled, and has no access as long as it is.")
    if not access.grants:
        say("No template and nobody has given anything.")
        return
    rows = Listing("by", "version", "when", "caused by", "work areas", "role", "until")
    for grant, actor in access.grants:
        by = "hand" if grant.template == BY_HAND else grant.template
        areas = [f"{area} {level}" for area, level in grant.areas.items()]
        areas += [f"({area} revoked {at[:10]})" for area, at in grant.revoked.items()]
        when = grant.at[:16].replace("T", " ")
        group = access.names.get(grant.group, grant.group)
        until = f"the membership of {group} ends" if grant.follows else "revoked"
        rows.add(by, str(grant.version), when, actor, ", ".join(areas), grant.role, until)
    print_listing(rows)


@app.command()
def grant(
    context: typer.Context,
    tenant: Name,
    user: User,
    areas: Annotated[
        list[str] | None,
        typer.Argument(metavar="[AREA=LEVEL]...", help="Work areas and levels, induction=edit."),
    ] = None,
    role: Annotated[str, typer.Option(help="A role.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Grant a user access by hand; existing access never becomes lower."""
    granted = dict(_pair(text) for text in areas or [])
    if not granted and not role:
        raise UsageError("say what to grant: AREA=LEVEL, or --role")
    access = user_access.grant(connect(context), tenant, user, granted, role)
    _print_result(user, access, as_json)


@app.command()
def revoke(
    context: typer.Context,
    tenant: Name,
    user: User,
    areas: Areas = None,
    role: Annotated[bool, typer.Option("--role", help="Revoke the role as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Revoke work areas of a user and its role, whatever granted them.

    Of what a membership gives they stay revoked as long as the membership holds.
    """
    if not areas and not role:
        raise UsageError("say what to revoke: a work area, or --role")
    access = user_access.revoke(connect(context), tenant, user, areas or [], role=role)
    _print_result(user, access, as_json)


def _pair(text: str) -> tuple[str, str]:
    """Return work area and level of AREA=LEVEL. Raises UsageError."""
    area, separator, level = text.rpartition("=")
    if not separator or not area.strip():
        raise UsageError(f"{text} is no AREA=LEVEL")
    return area.strip(), level.strip()


def _print_result(user: str, access: Access, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_plain(access)))
    else:
        _print_access(user, access)


def _print_access(user: str, access: Access) -> None:
    areas = ", ".join(f"{area} {level}" for area, level in sorted(access.areas.items()))
    role = f", as {access.role}" if access.role else ""
    say(f"{user} has access to {areas or 'no work area'}{role}.")


def _plain(access: Access) -> dict[str, Any]:
    return {
        "workAreas": dict(access.areas),
        "role": access.role or None,
        "defaults": dict(access.defaults),
    }


def _summary(access: UserAccess) -> dict[str, Any]:
    return {
        "id": access.record.id,
        "userName": access.record.user_name,
        "active": access.record.active,
        **_plain(access.holding),
        "grants": [
            {
                "template": None if grant.template == BY_HAND else grant.template,
                "version": grant.version,
                "at": grant.at,
                "actor": actor,
                "group": grant.group or None,
                "workAreas": dict(grant.areas),
                "role": grant.role or None,
                "revoked": dict(grant.revoked),
                "lasts": "membership" if grant.follows else "forever",
            }
            for grant, actor in access.grants
        ],
    }
