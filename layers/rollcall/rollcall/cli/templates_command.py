"""`rollcall templates`: what new users may do as soon as they arrive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.text import Text

from rollcall.cli import yaml_text
from rollcall.cli.connection import target
from rollcall.cli.listing import Listing
from rollcall.cli.template_preview_command import apply, preview
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Name,
    UsageError,
    Yes,
    asking,
    operator,
    print_lines,
    print_listing,
    say,
)
from rollcall.operations.operator import Operator
from rollcall.reconcile.files import text_file
from rollcall.templates import template_file
from rollcall.templates.catalogue import Catalogue
from rollcall.templates.template import WINDOW_DAYS, Template
from rollcall.templates.template_changes import TemplateChanges

app = typer.Typer(
    no_args_is_help=True,
    help="New User Templates: what users may do as soon as they arrive over SCIM.\n\n"
    "At most one template applies to all new users, any number to the members of a group each. "
    "The highest level in each work area wins, and the highest role. A template gives to users "
    "who are created after it was set, and takes nothing from anybody: what is changed or removed "
    "here changes no user who is there already.",
)

TemplateName = Annotated[str, typer.Argument(help="The name of the template.")]


@app.command(name="set")
def set_(
    context: typer.Context,
    tenant: Name,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="YAML or JSON, - for standard input.")
    ],
    window: Annotated[
        int,
        typer.Option(
            help="Days after a user's creation in which a membership still brings the template of "
            "its group; IdPs send users first and memberships later.",
            min=1,
            max=template_file.MAX_WINDOW,
        ),
    ] = WINDOW_DAYS,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Set one or several templates from a file, all or none.

    ```yaml
    name: everybody
    users: all             or  group: {displayName: Engineering}
                           or  group: {externalId: 1f0a…}
    workAreas:
      induction: read
      policies: comment
    role: regular
    attributes:            for users who lack them
      locale: en-GB
      timezone: Europe/London
      userType: Employee
    window: 14             days, of a group's template, instead of --window
    ```

    A list of such objects sets several. The group need not have arrived yet: the template is bound
    to it when it does, and stays bound when it is renamed. A template of a name that is set already
    becomes its next version, for users created from now on.
    """
    chosen = target(context)
    found = template_file.read(_parsed(path), chosen.services.scales, window)
    templates = _templates(chosen, tenant)
    before = {each.name: each for each in templates.catalogue().templates}
    after = found if dry_run else templates.set(found)
    changes = [_change(before.get(each.name), each) for each in after]
    if as_json:
        rows = [{**_summary(each), "change": of} for each, of in zip(after, changes, strict=True)]
        print(json.dumps(rows))
        return
    for template, change in zip(after, changes, strict=True):
        say(f"{template.name}, for {template.audience}: {change}")
    if dry_run:
        say("Nothing is set, this was a dry run.")


@app.command(name="list")
def list_(context: typer.Context, tenant: Name, as_json: AsJson = False) -> None:
    """List the templates that apply now, and which of them still wait for their group."""
    templates = _templates(target(context), tenant)
    templates.bind()
    catalogue = templates.catalogue()
    if as_json:
        print(json.dumps([_bound(catalogue, each) for each in catalogue.templates]))
        return
    if not catalogue.templates:
        say(f"{tenant} has no templates: `rollcall templates set {tenant} FILE`")
        return
    rows = Listing("template", "version", "for", "", "work areas", "role")
    for each in catalogue.templates:
        waits = each.group is not None and catalogue.group_of(each) is None
        areas = ", ".join(f"{area} {level}" for area, level in each.areas.items())
        unbound = "unbound" if waits else ""
        rows.add(each.name, str(each.version), each.audience, unbound, areas, each.role)
    print_listing(rows)
    if any(each.group and catalogue.group_of(each) is None for each in catalogue.templates):
        say("What is unbound waits for its group, and is bound when that arrives.")
    if catalogue.everyone is None:
        say("No template applies to all users: who is in none of these groups gets nothing.")


@app.command()
def show(
    context: typer.Context,
    tenant: Name,
    name: TemplateName,
    history: Annotated[bool, typer.Option("--history", help="Show every version.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a template, as the file that would set it, or what it was in each version."""
    templates = _templates(target(context), tenant)
    if not history:
        template = templates.show(name)
        if as_json:
            print(json.dumps(_bound(templates.catalogue(), template)))
        else:
            print_lines(_source(template).rstrip())
        return
    versions = list(templates.history(name))
    if not versions:
        raise UsageError(f"there has never been a template {name}")
    if as_json:
        rows = [
            {**_summary(each.template), "set": each.set_at, "actor": each.actor}
            for each in versions
        ]
        print(json.dumps(rows))
        return
    for each in versions:
        head = f"version {each.template.version}, set {each.set_at} by {each.actor}"
        print_lines(Text(head, "bold"))
        print_lines(_source(each.template))


@app.command()
def remove(
    context: typer.Context,
    tenant: Name,
    name: TemplateName,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove a template. Users keep what it gave them; who comes from now on gets nothing of it."""
    templates = _templates(target(context), tenant)
    template = templates.show(name)
    if not yes:
        with asking():
            typer.confirm(f"Remove {name}, for {template.audience}?", abort=True)
    templates.remove(name)
    if as_json:
        print(json.dumps({"removed": name}))
    else:
        say(f"{name} is removed. Users who have something of it keep that.")


def _templates(chosen: Operator, tenant: str) -> TemplateChanges:
    chosen.services.tenants.show(tenant)
    return chosen.services.templates(tenant, operator())


def _parsed(path: Path) -> Any:
    """Read a file. Raises UsageError, Mistake."""
    with text_file.open_text(path) as opened:
        return yaml_text.read(opened.head(yaml_text.MAX_CHARACTERS + 1), opened.name)


def _change(before: Template | None, after: Template) -> str:
    if before is None:
        return "new"
    if before.has_same_content(after):
        return f"as it was, version {before.version}"
    return f"version {max(after.version, before.version + 1)}, for users who come from now on"


def _summary(template: Template) -> dict[str, Any]:
    return {**_plain(template), "version": template.version}


def _bound(catalogue: Catalogue, template: Template) -> dict[str, Any]:
    group = {} if template.group is None else {"groupId": catalogue.group_of(template)}
    return {**_summary(template), **group}


def _plain(template: Template) -> dict[str, Any]:
    """Return a template in the terms of its file."""
    audience: dict[str, Any] = {"users": "all"}
    if template.group is not None:
        audience = {"group": {template.group.attribute: template.group.value}}
    plain = {
        "name": template.name,
        **audience,
        "workAreas": dict(template.areas),
        "role": template.role,
        "attributes": dict(template.attributes),
        "window": template.window if template.group else None,
    }
    return {key: value for key, value in plain.items() if value}


def _source(template: Template) -> str:
    return yaml.safe_dump(_plain(template), sort_keys=False, allow_unicode=True)


app.command()(preview)
app.command()(apply)
