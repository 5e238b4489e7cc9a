"""`rollcall templates`: set, list, show and remove New User Templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from rollcall.cli.confirmation import Reason, confirm_name
from rollcall.cli.connection import connect
from rollcall.cli.follower_view import losing_of, print_transitions, progress_of, sentence_of
from rollcall.cli.listing import Listing
from rollcall.cli.template_preview_command import apply, preview
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Name,
    Yes,
    asking,
    follow,
    print_lines,
    print_listing,
    say,
)
from rollcall.operations import followers, template_changes
from rollcall.operations.followers import Transition
from rollcall.operations.template_changes import (
    MAX_WINDOW,
    WINDOW_DAYS,
    Catalogue,
    Template,
    TemplateChange,
    plain,
    source,
)

app = typer.Typer(
    no_args_is_help=True,
    help="New User Templates: what users may do as soon as they arrive over SCIM.\n\n"
    "At most one template applies to all new users, any number to the members of a group each. "
    "The highest level in each work area counts, and the highest role. A template gives access to "
    "users who are created after it was set. Existing users do not change when such a template is "
    "changed or removed. With `lasts: membership` the template of a group gives to every member in "
    "its current version, exactly as long as the membership holds.",
)

TemplateName = Annotated[str, typer.Argument(help="The name of the template.")]


@app.command(name="set")
def set_(
    context: typer.Context,
    tenant: Name,
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file in YAML or JSON, - for standard input.")
    ],
    window: Annotated[
        int,
        typer.Option(
            help="For how many days after a user's creation a membership gives the template of the "
            "group; identity providers send users first and memberships later.",
            min=1,
            max=MAX_WINDOW,
        ),
    ] = WINDOW_DAYS,
    dry_run: DryRun = False,
    yes: Yes = False,
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
    lasts: forever         or membership: of every member, as long as that holds
    ```

    A list of such objects sets several templates. The group may not exist yet: the template is
    bound to it when it is created, and stays bound when it is renamed. If a template of this name
    exists, it gets a new version, for users who are created from now on.

    A template that lasts as long as the membership is for all members at once; whoever joins gets
    the new version, and the others are brought to it one after the other. Who would lose what the
    group gave forever is shown first.
    """
    operator = connect(context)
    templates = template_changes.read_file(operator, path, window)
    concerned: list[Transition] = []
    if any(template.follows for template in templates):
        planned = template_changes.set_templates(operator, tenant, templates, dry_run=True)
        concerned = followers.transitions(operator, tenant, planned)
        losing = [name for each in concerned for name in each.losing]
        if not as_json:
            print_transitions(concerned)
        if losing and not (yes or dry_run):
            with asking():
                typer.confirm(f"Set it, although {len(losing)} lose access?", abort=True)
    changes = template_changes.set_templates(operator, tenant, templates, dry_run=dry_run)
    changed = 0 if dry_run else follow(followers.bring(operator, tenant), "members")
    if as_json:
        rows = [
            {**_summary(each.after), "change": _change(each), **losing_of(each, concerned)}
            for each in changes
        ]
        print(json.dumps(rows))
        return
    for change in changes:
        say(f"{change.after.name}, for {change.after.audience}: {_change(change)}")
    if dry_run:
        say("Nothing is set, this was a dry run.")
    elif changed:
        say(f"{changed:,} members were changed; the sweep looks at all of them again.")


@app.command(name="list")
def list_(context: typer.Context, tenant: Name, as_json: AsJson = False) -> None:
    """List the templates that apply now, with those whose group does not exist yet."""
    catalogue = template_changes.list_templates(connect(context), tenant)
    if as_json:
        print(json.dumps([_bound(catalogue, template) for template in catalogue.templates]))
        return
    if not catalogue.templates:
        say(f"{tenant} has no templates: `rollcall templates set {tenant} FILE`")
        return
    rows = Listing("template", "version", "for", "", "work areas", "role")
    unbound = [
        template
        for template in catalogue.templates
        if template.group and not catalogue.group_of(template)
    ]
    for template in catalogue.templates:
        areas = ", ".join(f"{area} {level}" for area, level in template.areas.items())
        state = "unbound" if template in unbound else ""
        version = str(template.version)
        rows.add(template.name, version, template.audience, state, areas, template.role)
    print_listing(rows)
    if unbound:
        say("What is unbound waits for its group, and is bound when that arrives.")
    if catalogue.everyone is None:
        say("No template applies to all users: users in none of these groups get nothing.")


@app.command()
def show(
    context: typer.Context,
    tenant: Name,
    name: TemplateName,
    history: Annotated[bool, typer.Option("--history", help="Show every version.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a template as the file that would set it, or all of its versions."""
    operator = connect(context)
    if not history:
        template = template_changes.show(operator, tenant, name)
        walks = followers.unfinished(operator, tenant, name)
        if as_json:
            catalogue = template_changes.read(operator, tenant)
            pending = {"walks": [progress_of(walk) for walk in walks]} if walks else {}
            print(json.dumps({**_bound(catalogue, template), **pending}))
        else:
            print_lines(source(template).rstrip())
            for walk in walks:
                say(f"# {sentence_of(walk)}")
        return
    versions = template_changes.history(operator, tenant, name)
    if as_json:
        rows = [
            {**_summary(version.template), "set": version.set_at, "actor": version.actor}
            for version in versions
        ]
        print(json.dumps(rows))
        return
    for version in versions:
        heading = f"version {version.template.version}, set {version.set_at} by {version.actor}"
        print_lines(Text(heading, "bold"))
        print_lines(source(version.template))


@app.command()
def remove(
    context: typer.Context,
    tenant: Name,
    name: TemplateName,
    yes: Yes = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Remove a template. Users keep what it gave them; new users do not get it any more.

    What follows memberships ends with the template.
    """
    operator = connect(context)
    template = template_changes.show(operator, tenant, name)
    loss = ", who lose what it gives" if template.follows else ""
    sentence = f"{name} is for {template.audience}{loss}. Type its name to remove it"
    operator = confirm_name(operator, name, sentence, yes=yes, reason=reason)
    template_changes.remove(operator, tenant, name)
    changed = follow(followers.bring(operator, tenant), "members")
    if as_json:
        print(json.dumps({"removed": name}))
    elif template.follows:
        say(f"{name} is removed. {changed:,} members lost what it gave them.")
    else:
        say(f"{name} is removed. Users keep what it gave them.")


def _change(change: TemplateChange) -> str:
    """Return what setting a template changes, or would change."""
    before, after = change.before, change.after
    if before is None:
        return "new"
    if not change.is_new_version:
        return f"as it was, version {before.version}"
    whom = "all members" if after.follows else "users who come from now on"
    return f"version {max(after.version, before.version + 1)}, for {whom}"


def _summary(template: Template) -> dict[str, Any]:
    return {**plain(template), "version": template.version}


def _bound(catalogue: Catalogue, template: Template) -> dict[str, Any]:
    group = {} if template.group is None else {"groupId": catalogue.group_of(template)}
    return {**_summary(template), **group}


app.command()(preview)
app.command()(apply)
