"""`rollcall access`: what a user may do and why, and what people mend of it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rollcall.cli.connection import target
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, Name, UsageError, operator, print_listing, say
from rollcall.model.access import Access
from rollcall.operations.operator import Operator
from rollcall.storage.keys import BY_HAND
from rollcall.templates import template_file
from rollcall.templates.user_access import AccessService, UserAccess


class ShownByDefault(TyperGroup):
    """Commands of which `show` need not be said: `access TENANT USER` is `access show …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments, with the command put in where none is named."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=ShownByDefault,
    no_args_is_help=True,
    help="What a user may do in the product and why, and what people mend of it.\n\n"
    "Work areas and roles come from New User Templates, see `rollcall templates`. Of all grants "
    "the highest counts. `rollcall access TENANT USER` is short for `rollcall access show`.",
)

User = Annotated[str, typer.Argument(help="The user, by id or userName.")]
Areas = Annotated[list[str] | None, typer.Argument(help="Work areas.", show_default=False)]


@app.command()
def show(context: typer.Context, tenant: Name, user: User, as_json: AsJson = False) -> None:
    """Show what a user may do, and which template or person gave it, and when."""
    book = ledger(target(context), tenant)
    holding = book.explain(book.find(user))
    if as_json:
        print(json.dumps(_summary(holding)))
        return
    _print_access(holding.record.document["userName"], holding.record.access)
    if not holding.grants:
        say("No template and nobody has given anything.")
        return
    rows = Listing("by", "version", "when", "caused by", "work areas", "role")
    for grant, actor in holding.grants:
        by = "hand" if grant.template == BY_HAND else grant.template
        areas = [f"{area} {level}" for area, level in grant.areas.items()]
        areas += [f"({area} revoked {at[:10]})" for area, at in grant.revoked.items()]
        when = grant.at[:16].replace("T", " ")
        rows.add(by, str(grant.version), when, actor, ", ".join(areas), grant.role)
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
    """Give a user access by hand. What it has already gets no less by that."""
    chosen = target(context)
    given = dict(_pair(each) for each in areas or [])
    if not given and not role:
        raise UsageError("say what to grant: AREA=LEVEL, or --role")
    template_file.check(given, role, chosen.services.scales)
    book = ledger(chosen, tenant)
    _tell(user, book.grant(book.find(user), given, role), as_json)


@app.command()
def revoke(
    context: typer.Context,
    tenant: Name,
    user: User,
    areas: Areas = None,
    role: Annotated[bool, typer.Option("--role", help="Take the role as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take work areas from a user, and its role, whatever gave them. Nothing gives them again."""
    if not areas and not role:
        raise UsageError("say what to revoke: a work area, or --role")
    book = ledger(target(context), tenant)
    _tell(user, book.revoke(book.find(user), areas or [], role=role), as_json)


def ledger(chosen: Operator, tenant: str) -> AccessService:
    """Return the grants of a tenant, changed by whoever runs the command."""
    chosen.services.tenants.show(tenant)
    services = chosen.services
    acts = services.acts(tenant, operator())
    return AccessService(services.table, tenant, acts.actor, services.scales, acts=acts)


def _pair(text: str) -> tuple[str, str]:
    area, separator, level = text.rpartition("=")
    if not separator or not area.strip():
        raise UsageError(f"{text} is no AREA=LEVEL")
    return area.strip(), level.strip()


def _tell(user: str, access: Access, as_json: bool) -> None:
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


def _summary(holding: UserAccess) -> dict[str, Any]:
    return {
        "id": holding.record.id,
        "userName": holding.record.document["userName"],
        **_plain(holding.record.access),
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
            }
            for grant, actor in holding.grants
        ],
    }
