"""`rollcall tenants notes`: what was agreed with a customer."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from rollcall.cli.confirmation import Reason, confirm
from rollcall.cli.connection import connect
from rollcall.cli.terminal import AsJson, Name, UsageError, Yes, print_lines, say
from rollcall.operations import tenant_notes


def notes(
    context: typer.Context,
    name: Name,
    add: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Add a note, of at most 2 000 characters."),
    ] = None,
    remove: Annotated[
        str | None, typer.Option(metavar="ID", help="Remove the note with this id.")
    ] = None,
    before: Annotated[
        str, typer.Option(metavar="ID", help="Show notes that are older than this one.")
    ] = "",
    yes: Yes = False,
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """Show the notes about a tenant, the latest first, add one, or remove one.

    Notes are for support: what was agreed with a customer. The log says who added and removed one,
    and not what it said.
    """
    if add is not None and remove is not None:
        raise UsageError("add a note or remove one, not both")
    operator = connect(context)
    if remove is not None:
        note = tenant_notes.read(operator, name, remove)
        if not yes:
            print_lines(note.text)
        operator = confirm(operator, "Remove this note for good?", yes=yes, reason=reason)
        tenant_notes.remove(operator, name, note.id)
        say(f"The note {note.id} is removed.")
        return
    if add is not None:
        note = tenant_notes.add(operator, name, tenant_notes.new(operator, add))
        if as_json:
            print(json.dumps(asdict(note)))
        else:
            say(f"The note {note.id} is added.")
        return
    page = tenant_notes.page(operator, name, before)
    if as_json:
        print(json.dumps([asdict(each) for each in page.notes]))
        return
    for each in page.notes:
        say(f"{each.id}, {each.at} by {each.actor}", style="bold")
        print_lines(each.text)
    if page.before:
        say(f"There are earlier ones: `rollcall tenants notes {name} --before {page.before}`")
    if not page.notes:
        say(f"There are no {'earlier ' if before else ''}notes about {name}.")
