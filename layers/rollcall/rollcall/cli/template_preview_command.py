"""`rollcall templates preview` and `apply`: show what a user would get, or give it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from rollcall.cli.connection import connect
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import AsJson, DryRun, Name, complain, follow, print_listing, say
from rollcall.operations import template_preview
from rollcall.operations.template_preview import AppliedUser, TemplatePreview


def preview(
    context: typer.Context,
    tenant: Name,
    user: Annotated[
        str | None, typer.Argument(help="A user, by id or userName; by default a new user.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            help="A further group of the user, also one that does not exist yet; repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what templates would give to a user who is created now, and why; nothing is given.

    For a USER it also shows the templates that the user has, which stay, and why the user does not
    have the others, and until when a membership may still give them.
    """
    result = template_preview.preview(connect(context), tenant, user, group or ())
    access = result.access
    if as_json:
        together = {"workAreas": dict(access.areas), "role": access.role or None}
        templates = [_plain(template) for template in result.templates]
        print(json.dumps({"templates": templates, **together, "defaults": dict(access.defaults)}))
        return
    rows = Listing("template", "version", "applies", "because", "work areas", "role", "has")
    for template in result.templates:
        rows.add(*_cells(template))
    if rows:
        print_listing(rows)
    else:
        say(f"{tenant} has no templates.")
    areas = ", ".join(f"{area} {level}" for area, level in sorted(access.areas.items()))
    say(f"Together: {areas or 'no work area'}, {access.role or 'no role'}.")


def apply(
    context: typer.Context,
    tenant: Name,
    users: Annotated[
        Path,
        typer.Option(help="A file of ids or userNames, one a line; - for standard input."),
    ],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give existing users the templates that apply to them now and that they do not have.

    Use it for users who were created before a template was set, or who became members too late. No
    access is removed, and a repetition gives nothing twice. Exit code 1 means that some of the
    users do not exist. What follows memberships is shown and not given: every member has it.
    """
    names = template_preview.read_names(users)
    act = template_preview.apply_templates(connect(context), tenant, names, dry_run=dry_run)
    result = follow(act, "applying")
    if as_json:
        rows = [
            {"user": user.name, "id": user.id,
             "templates": {template.name: template.version for template in user.templates},
             "following": {template.name: template.version for template in user.following}}
            for user in result.users
        ]  # fmt: skip
        print(json.dumps({"users": rows, "missing": result.missing, "dryRun": dry_run}))
    else:
        _print_users(result.users, dry_run=dry_run)
    for name in result.missing:
        complain(f"there is no user {name}")
    if result.missing:
        raise typer.Exit(1)


def _print_users(users: Sequence[AppliedUser], *, dry_run: bool) -> None:
    rows = Listing("user", "would get" if dry_run else "got")
    for user in users:
        names = [f"{template.name} version {template.version}" for template in user.templates]
        given = ", ".join(names) or "nothing, it has all of it"
        if user.following:
            held = ", ".join(template.name for template in user.following)
            given += f"; {held} as long as it is a member"
        rows.add(user.name, given)
    if users:
        print_listing(rows)
    if dry_run:
        say("Nothing is given, this was a dry run.")


def _cells(preview: TemplatePreview) -> tuple[str, ...]:
    template = preview.template
    return (
        template.name,
        str(template.version),
        "yes" if preview.applies else "no",
        preview.reason,
        ", ".join(f"{area} {level}" for area, level in template.areas.items()),
        template.role,
        preview.status,
    )


def _plain(preview: TemplatePreview) -> dict[str, Any]:
    template = preview.template
    return {
        "name": template.name,
        "version": template.version,
        "applies": preview.applies,
        "because": preview.reason,
        "workAreas": dict(template.areas),
        "role": template.role or None,
        "lasts": template.lasts,
        "has": preview.granted,
        "standing": preview.status or None,
    }
