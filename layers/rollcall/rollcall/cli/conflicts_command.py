"""`rollcall conflicts`: what the first provisioning cycle will do, before it does it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rollcall.cli.connection import target
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    Encoding,
    Name,
    err,
    print_lines,
    print_listing,
    say,
)
from rollcall.cli.text import Prose
from rollcall.operator_error import naming
from rollcall.reconcile.conflicts import conflict_report
from rollcall.reconcile.conflicts.conflict_check import ConflictCheck, check
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding, Verdict
from rollcall.reconcile.conflicts.directory_account import read_accounts
from rollcall.reconcile.conflicts.entra_export import EntraExport, read_assignments
from rollcall.reconcile.conflicts.forecast import ProvisioningJob
from rollcall.reconcile.conflicts.person import ExternalId, JobRules, parse_match_rule
from rollcall.storage.resources import Resources

app = typer.Typer(no_args_is_help=True, help="Find conflicts before SCIM is switched on.")

MAX_SHOWN = 100
MAX_REJECTED = 10

_COLOURS = {"bad": "red", "warn": "yellow", "good": "green", "quiet": "dim"}


@app.callback()
def conflicts() -> None:
    """Find conflicts before SCIM is switched on."""


@app.command(name="check")
def check_(
    context: typer.Context,
    name: Name,
    idp_export: Annotated[
        Path,
        typer.Option(
            help="Entra's \"Download users\" CSV, or the JSON of Microsoft Graph's /users."
        ),
    ],
    matching: Annotated[
        list[str] | None,
        typer.Option(
            "--match",
            help="A matching attribute of the job and the property it asks with, in the order of "
            "precedence; repeatable.",
            show_default=False,
        ),
    ] = None,
    external_id: Annotated[
        ExternalId, typer.Option(help="The property that the job maps to externalId.")
    ] = ExternalId.OBJECT_ID,
    assigned_: Annotated[
        Path | None,
        typer.Option(
            "--assigned",
            help="Who is assigned: a list of object ids or names, an export of the members of a "
            "group, or Graph's appRoleAssignedTo.",
            show_default="everybody in the export",
        ),
    ] = None,
    hints: Annotated[
        bool, typer.Option(help="Count accounts of the same name as possible duplicates.")
    ] = True,
    every: Annotated[bool, typer.Option("--all", help="Show what is in order, too.")] = False,
    encoding: Encoding = "",
    csv: Annotated[Path | None, typer.Option(help="Write all findings to a CSV file.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page to open in a browser, with nothing to load.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare an identity provider's users with the accounts of a tenant.

    A job matches by `userName=userPrincipalName` unless --match says otherwise.

    Says for each person what the first cycle will do under the tenant's link policy: link, be
    refused, make a second account; and what to do about it. Changes nothing. The exit code is 1
    when something needs attention, or when the files speak of what could not be checked: rows or
    values that cannot be read, further pages of the answer.
    """
    chosen = target(context)
    tenant = chosen.services.tenants.show(name)
    matches = tuple(parse_match_rule(each) for each in matching or ())
    job = ProvisioningJob(
        name,
        JobRules(matches or JobRules.matches, external_id),
        tenant.link_policy,
        None if assigned_ is None else read_assignments(assigned_, encoding),
    )
    found = read_accounts(Resources(chosen.services.table, name))
    with err.status("reading") as status:
        made = check(
            job, EntraExport(idp_export, encoding), found, hints=hints, progress=status.update
        )
    if csv is not None:
        with naming(csv), csv.open("w", encoding="utf-8-sig", newline="") as stream:
            conflict_report.as_csv(made, stream)
    if html is not None:
        today = f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC"
        with naming(html), html.open("w", encoding="utf-8") as stream:
            stream.writelines(conflict_report.as_page(made, idp_export.name, today))
    if as_json:
        sys.stdout.writelines(conflict_report.as_json(made))
    else:
        _show(made, every=every)
        for written in filter(None, (csv, html)):
            say(f"{written} holds all of it.")
    raise typer.Exit(1 if made.attention or not made.complete else 0)


def _show(made: ConflictCheck, *, every: bool) -> None:
    wanted = (each for each in made.findings() if every or each.attention)
    shown = list(islice(wanted, MAX_SHOWN))
    for verdict, some in groupby(shown, key=lambda each: each.verdict):
        print_lines(Text(verdict.value, f"{_COLOURS[conflict_report.TONES[verdict]]} bold"))
        print_listing(_listing(some))
        print_lines("")
    left = (made.people if every else made.attention) - len(shown)
    if left > 0 and len(shown) == MAX_SHOWN:
        say(f"… and {left:,} more: write them to a file with --csv or --html.\n")
    _print_figures(made)
    for each in made.not_checked:
        say(f"\nnot checked: {each}")
    for each in made.requests:
        print_lines(f"  {each}")
    if made.job.assigned is None:
        say("What the last one answers, or a list of names, says who is: --assigned FILE.")
    for line, reason in made.rejected[:MAX_REJECTED]:
        say(f"\n{made.unit} {line} of the export is left out: {reason}")
    if len(made.rejected) > MAX_REJECTED:
        say(f"… and {len(made.rejected) - MAX_REJECTED:,} more: --json has them all.")


def _print_figures(made: ConflictCheck) -> None:
    figures = [each for each in Verdict if made.counts[each]]
    width = max((len(f"{made.counts[each]:,}") for each in figures), default=0)
    for each in figures:
        colour = _COLOURS[conflict_report.TONES[each]]
        print_lines(Text.assemble(f"{made.counts[each]:>{width},}  ", (each.value, colour)))
    said = f"{made.people:,} people, {made.accounts:,} accounts, {made.attention:,} to look at"
    say(said, style="bold")


def _listing(findings: Iterable[ConflictFinding]) -> Listing:
    rows = Listing("person", "account", "why")
    for each in findings:
        names = "\n".join(each.person.lines) if each.person else ""
        found = "\n".join(account.user_name for account in each.accounts)
        sure = "" if each.confidence == 100 else f"  ({each.confidence} % sure)"
        remedy = f"→ {each.remedy}" if each.remedy else ""
        rows.add(names, found, Prose("\n".join(each.reasons) + sure), below=remedy)
    return rows
