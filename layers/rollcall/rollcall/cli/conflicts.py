"""`rollcall conflicts`: what the first provisioning cycle will do, before it does it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from rollcall.cli.target import target
from rollcall.cli.terminal import AsJson, Encoding, Name, err, listing, out
from rollcall.reconcile.conflicts import report
from rollcall.reconcile.conflicts.account import accounts
from rollcall.reconcile.conflicts.check import Check, check
from rollcall.reconcile.conflicts.export import Export, assigned
from rollcall.reconcile.conflicts.finding import Finding, Verdict
from rollcall.reconcile.conflicts.forecast import Job
from rollcall.reconcile.conflicts.person import ExternalId, Rules, match
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
            show_default="userName=userPrincipalName",
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

    Says for each person what the first cycle will do under the tenant's link policy: link, be
    refused, make a second account; and what to do about it. Changes nothing. The exit code is 1
    when something needs attention, or when the files speak of what could not be checked: rows or
    values that cannot be read, further pages of the answer.
    """
    chosen = target(context)
    tenant = chosen.services.tenants.show(name)
    matches = tuple(match(each) for each in matching or ())
    job = Job(
        name,
        Rules(matches or Rules.matches, external_id),
        tenant.linking,
        None if assigned_ is None else assigned(assigned_, encoding),
    )
    found = accounts(Resources(chosen.services.table, name))
    with err.status("reading") as status:
        made = check(job, Export(idp_export, encoding), found, hints=hints, progress=status.update)
    if csv is not None:
        with csv.open("w", encoding="utf-8-sig", newline="") as stream:
            report.as_csv(made, stream)
    if html is not None:
        today = f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC"
        with html.open("w", encoding="utf-8") as stream:
            stream.writelines(report.as_page(made, idp_export.name, today))
    if as_json:
        sys.stdout.writelines(report.as_json(made))
    else:
        _show(made, every=every)
        for written in filter(None, (csv, html)):
            out.print(f"{written} holds all of it.", soft_wrap=True, markup=False)
    raise typer.Exit(1 if made.attention or not made.complete else 0)


def _show(made: Check, *, every: bool) -> None:
    wanted = (each for each in made.findings() if every or each.attention)
    shown = list(islice(wanted, MAX_SHOWN))
    if shown:
        out.print(Group(*_blocks(shown)))
    left = (made.people if every else made.attention) - len(shown)
    if left > 0 and len(shown) == MAX_SHOWN:
        out.print(f"… and {left:,} more: write them to a file with --csv or --html.\n")
    out.print(_figures(made))
    for each in made.not_checked:
        out.print(f"\n[yellow]not checked:[/] {_code(each)}")
    for each in made.requests:
        out.print(f"  [bold]{escape(each)}[/]", soft_wrap=True)
    for line, reason in made.rejected[:MAX_REJECTED]:
        out.print(f"\n{made.unit} {line} of the export is left out: {reason}", markup=False)
    if len(made.rejected) > MAX_REJECTED:
        out.print(f"… and {len(made.rejected) - MAX_REJECTED:,} more: --json has them all.")
    out.print()


def _figures(made: Check) -> Table:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(justify="right")
    for verdict in Verdict:
        if made.counts[verdict]:
            colour = _COLOURS[report.TONES[verdict]]
            rows.add_row(f"{made.counts[verdict]:,}", f"[{colour}]{verdict.value}[/]")
    said = f"{made.people:,} people, {made.accounts:,} accounts, {made.attention:,} to look at"
    rows.add_row("", f"[bold]{said}[/]")
    return rows


def _blocks(findings: list[Finding]) -> Iterator[RenderableType]:
    """Yield a title and a table for each verdict."""
    for verdict, some in groupby(findings, key=lambda each: each.verdict):
        yield f"[{_COLOURS[report.TONES[verdict]]} bold]{verdict.value}[/]"
        rows = listing("person", "account", "why")
        rows.padding = (0, 2, 1, 0)
        for each in some:
            names = "\n".join(each.person.lines) if each.person else ""
            accounts_ = "\n".join(account.user_name for account in each.accounts)
            rows.add_row(escape(names), escape(accounts_), _why(each))
        yield rows


def _why(finding: Finding) -> str:
    sure = "" if finding.confidence == 100 else f"  [dim]{finding.confidence} %[/]"
    why = "\n".join(map(_code, finding.reasons)) + sure
    return f"{why}\n[dim]→[/] {_code(finding.remedy)}" if finding.remedy else why


def _code(text: str) -> str:
    """Return a sentence as markup, what stands in backticks in bold."""
    parts = escape(text).split("`")
    return "".join(f"[bold]{each}[/]" if at % 2 else each for at, each in enumerate(parts))
