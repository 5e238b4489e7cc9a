"""`rollcall templates preview` and `apply`: what somebody would get, and giving it afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import track

from rollcall.cli.access_command import ledger
from rollcall.cli.connection import target
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Name,
    UsageError,
    complain,
    err,
    print_listing,
    say,
)
from rollcall.reconcile.files import text_file
from rollcall.scim.resource_type import Kind
from rollcall.storage.resources import Resources
from rollcall.templates.template import Template
from rollcall.templates.template_file import TemplateError
from rollcall.templates.user_access import AccessService, TemplatePreview


def preview(
    context: typer.Context,
    tenant: Name,
    user: Annotated[
        str | None, typer.Argument(help="A user, by id or userName; a new one without it.")
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            help="A group that the user is in as well, here already or waited for; repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a user would get who came now, and why; nothing is given.

    Of a USER it is told as well what it has already, which stays whatever templates say now; of
    what it has not, why, and until when a membership still brings it.
    """
    chosen = target(context)
    book = ledger(chosen, tenant)
    holding = None if user is None else book.explain(book.find(user))
    resources = Resources(chosen.services.table, tenant)
    named = {each: _group(resources, each) for each in group or ()}
    groups = {found for found in named.values() if found} | set(holding.groups if holding else ())
    coming = [each for each, found in named.items() if not found]
    prospects = book.prospects(groups, coming)
    for name in coming:
        if not any(each.applies and each.template.group for each in book.prospects((), [name])):
            raise UsageError(f"there is no group {name}, and no template waits for it")
    standing = {
        each.template.name: book.standing(holding, each.template) if holding else ""
        for each in prospects
    }
    granted = dict(holding.record.access.granted) if holding else {}
    together = book.together(each.template for each in prospects if each.applies)
    if as_json:
        would = {"workAreas": dict(together.areas), "role": together.role or None}
        of_each = [
            {**_row(each, granted), "standing": standing[each.template.name] or None}
            for each in prospects
        ]
        print(json.dumps({"templates": of_each, **would, "defaults": dict(together.defaults)}))
        return
    rows = Listing("template", "version", "applies", "because", "work areas", "role", "has")
    for each in prospects:
        rows.add(*_cells(each), standing[each.template.name])
    if rows:
        print_listing(rows)
    else:
        say(f"{tenant} has no templates.")
    areas = ", ".join(f"{area} {level}" for area, level in sorted(together.areas.items()))
    say(f"Together: {areas or 'no work area'}, {together.role or 'no role'}.")


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
    """Give users what templates would give them if they came now, as far as they lack it.

    For users who came before a template was set, or whose membership came too late. Nothing is
    taken from anybody, and repeating it gives nothing twice. Exit code 1 says that some of the
    users are not there.
    """
    book = ledger(target(context), tenant)
    given: list[dict[str, Any]] = []
    missing: list[str] = []
    for line in track(
        _lines(users), "applying", console=err, transient=True, disable=not err.is_terminal
    ):
        try:
            identifier = book.find(line)
            templates = _owed(book, identifier) if dry_run else book.apply(identifier)
        except TemplateError:
            missing.append(line)
            continue
        names = {each.name: each.version for each in templates}
        given.append({"user": line, "id": identifier, "templates": names})
    if as_json:
        print(json.dumps({"users": given, "missing": missing, "dryRun": dry_run}))
    else:
        _print_given(given, dry_run=dry_run)
    for line in missing:
        complain(f"there is no user {line}")
    if missing:
        raise typer.Exit(1)


def _owed(book: AccessService, user: str) -> list[Template]:
    return book.owed(book.explain(user))


def _print_given(given: list[dict[str, Any]], *, dry_run: bool) -> None:
    rows = Listing("user", "would get" if dry_run else "got")
    for each in given:
        names = [f"{name} version {version}" for name, version in each["templates"].items()]
        rows.add(each["user"], ", ".join(names) or "nothing, it has all of it")
    if given:
        print_listing(rows)
    if dry_run:
        say("Nothing is given, this was a dry run.")


def _lines(path: Path) -> list[str]:
    with text_file.open_text(path) as file:
        lines = list(dict.fromkeys(word for _, word in file.entries()))
        if not lines:
            raise UsageError(f"{file.name} names nobody: ids or userNames, one a line")
        return lines


def _group(resources: Resources, named: str) -> str | None:
    """Return the id of a group that is named by id or displayName, None while there is none."""
    record = resources.resolve(Kind.GROUP, named)
    return None if record is None else record.id


def _cells(prospect: TemplatePreview) -> tuple[str, ...]:
    template = prospect.template
    areas = ", ".join(f"{area} {level}" for area, level in template.areas.items())
    applies = "yes" if prospect.applies else "no"
    return (
        template.name,
        str(template.version),
        applies,
        prospect.reason,
        areas,
        template.role,
    )


def _row(prospect: TemplatePreview, granted: dict[str, int]) -> dict[str, Any]:
    template = prospect.template
    return {
        "name": template.name,
        "version": template.version,
        "applies": prospect.applies,
        "because": prospect.reason,
        "workAreas": dict(template.areas),
        "role": template.role or None,
        "has": granted.get(template.name),
    }
