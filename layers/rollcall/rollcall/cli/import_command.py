"""`rollcall accounts import`: import the accounts of a product from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    DryRun,
    Encoding,
    Name,
    complain,
    follow,
    print_listing,
    say,
)
from rollcall.cli.text import Prose
from rollcall.operations.account_import import ImportResult, import_accounts

MAX_SHOWN = 20


def import_(
    context: typer.Context,
    name: Name,
    file: Annotated[
        Path,
        typer.Argument(help="A file of users in CSV, JSON or JSON Lines; - for standard input."),
    ],
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="COLUMN=PATH: the attribute of a column, as a path of SCIM; COLUMN= ignores the "
            "column. Repeatable.",
        ),
    ] = None,
    encoding: Encoding = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import the accounts that the product has, as local accounts.

    A column is a path of SCIM (`userName`, `name.givenName`, `emails[type eq "work"].value`,
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber`) or one of the usual
    names (username, login, email, first name, last name, full name, employee number, department,
    job title, phone, mobile, enabled); `protected` says which accounts no client may change.
    Objects of JSON are users as in SCIM. `id`, `meta`, `groups` and `schemas` are ignored.

    A file that cannot be read to its end is not imported at all: a missing quotation mark would
    lose people. Every line is imported, exists already, or is rejected; the exit code is 1 when
    lines were rejected, or when the file is one page of several. Accounts whose userName exists
    are not changed: repeat an import that was interrupted.
    """
    act = import_accounts(
        connect(context), name, file, columns=maps or (), encoding=encoding, dry_run=dry_run
    )
    try:
        result = follow(act, "importing")
    except BaseException as error:
        for note in getattr(error, "__notes__", ()):
            complain(note)
        raise
    if as_json:
        _print_json(name, result, dry_run=dry_run)
    else:
        _print(result, dry_run=dry_run)
    raise typer.Exit(1 if result.rejected or result.partial else 0)


def _print_json(tenant: str, result: ImportResult, *, dry_run: bool) -> None:
    rejected = [{"line": line, "reason": reason} for line, reason in result.rejected]
    counts = {"created": result.counts.created, "known": result.counts.known}
    head = {"tenant": tenant, "dryRun": dry_run, "complete": not result.partial}
    print(json.dumps({**head, **counts, "rejected": rejected}))


def _print(result: ImportResult, *, dry_run: bool) -> None:
    rejected, unit, counts = result.rejected, result.unit, result.counts
    if rejected:
        rows = Listing(unit, "rejected because")
        for line, reason in rejected[:MAX_SHOWN]:
            rows.add(str(line), Prose(reason))
        print_listing(rows)
        if len(rejected) > MAX_SHOWN:
            say(f"… and {len(rejected) - MAX_SHOWN:,} more: --json has them all.")
    if result.partial:
        say(f"The file is one page of several: {result.partial}.")
    put_in = "would be put in" if dry_run else "put in"
    say(
        f"{counts.created:,} accounts {put_in}, {counts.known:,} there already, "
        f"{len(rejected):,} {unit}s rejected."
    )
