"""`rollcall conflicts`: what the first provisioning cycle will do."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rollcall.cli.connection import connect
from rollcall.cli.listing import Listing
from rollcall.cli.terminal import (
    AsJson,
    Encoding,
    Name,
    follow,
    print_lines,
    print_listing,
    say,
)
from rollcall.cli.text import Prose
from rollcall.operations import conflicts
from rollcall.operations.conflicts import (
    ConflictCheck,
    ConflictFinding,
    ExternalId,
    IdentityProviderFiles,
    JobSettings,
    Verdict,
)
from rollcall.operator_error import naming

app = typer.Typer(no_args_is_help=True, help="Find conflicts before SCIM is switched on.")

MAX_SHOWN = 100
MAX_REJECTED = 10

_COLOURS = {"bad": "red", "warn": "yellow", "good": "green", "quiet": "dim"}


@app.callback()
def group() -> None:
    """Find conflicts before SCIM is switched on."""


@app.command(name="check")
def check_(
    context: typer.Context,
    name: Name,
    idp_export: Annotated[
        list[Path],
        typer.Option(
            help="Entra's \"Download users\" CSV, or the JSON of Microsoft Graph's /users; "
            "repeatable, for the pages of an answer."
        ),
    ],
    matching: Annotated[
        list[str] | None,
        typer.Option(
            "--match",
            help="TARGET=SOURCE: a matching attribute of the job and the property it compares, "
            "in the order of precedence; repeatable.",
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
    show_all: Annotated[
        bool, typer.Option("--all", help="Show people without conflicts, too.")
    ] = False,
    encoding: Encoding = "",
    csv: Annotated[Path | None, typer.Option(help="Write all findings to a CSV file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write all findings to an HTML page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare an identity provider's users with the accounts of a tenant.

    A job matches by `userName=userPrincipalName` unless --match says otherwise.

    For each person it shows what the first cycle will do under the tenant's link policy (link an
    account, be refused, create a second account), and the remedy. It changes nothing. The exit code
    is 1 when something needs attention, or when the files were not checked completely: rows or
    values cannot be read, or pages of the answer are missing.
    """
    files = IdentityProviderFiles(idp_export, assigned_, encoding)
    settings = JobSettings(matching or (), external_id)
    act = conflicts.check(connect(context), name, files, settings, hints=hints)
    checked = follow(act, "checking")
    if csv is not None:
        with naming(csv), csv.open("w", encoding="utf-8-sig", newline="") as stream:
            conflicts.as_csv(checked, stream)
    if html is not None:
        today = f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC"
        with naming(html), html.open("w", encoding="utf-8") as stream:
            stream.writelines(conflicts.as_page(checked, files.name, today))
    if as_json:
        sys.stdout.writelines(conflicts.as_json(checked))
    else:
        _show(checked, show_all=show_all)
        for file in filter(None, (csv, html)):
            say(f"All findings are in {file}.")
    raise typer.Exit(1 if checked.attention or not checked.complete else 0)


def _show(check: ConflictCheck, *, show_all: bool) -> None:
    findings = list(
        islice(
            (finding for finding in check.findings() if show_all or finding.attention), MAX_SHOWN
        )
    )
    for verdict, group in groupby(findings, key=lambda finding: finding.verdict):
        print_lines(Text(verdict.value, f"{_COLOURS[conflicts.TONES[verdict]]} bold"))
        print_listing(_listing(group))
        print_lines("")
    remaining = (check.people if show_all else check.attention) - len(findings)
    if remaining > 0 and len(findings) == MAX_SHOWN:
        say(f"… and {remaining:,} more: write them to a file with --csv or --html.\n")
    _print_figures(check)
    for sentence in check.not_checked:
        say(f"\nnot checked: {sentence}")
    for request in check.requests:
        print_lines(f"  {request}")
    if check.job.assigned is None:
        say("To name who is assigned, pass the last answer or a list of names: --assigned FILE.")
    for line, reason in check.rejected[:MAX_REJECTED]:
        say(f"\n{check.unit} {line} of the export is left out: {reason}")
    if len(check.rejected) > MAX_REJECTED:
        say(f"… and {len(check.rejected) - MAX_REJECTED:,} more: --json has them all.")


def _print_figures(check: ConflictCheck) -> None:
    counts = {verdict: check.counts[verdict] for verdict in Verdict if check.counts[verdict]}
    width = max((len(f"{count:,}") for count in counts.values()), default=0)
    for verdict, count in counts.items():
        colour = _COLOURS[conflicts.TONES[verdict]]
        print_lines(Text.assemble(f"{count:>{width},}  ", (verdict.value, colour)))
    total = f"{check.people:,} people, {check.accounts:,} accounts, {check.attention:,} to look at"
    say(total, style="bold")


def _listing(findings: Iterable[ConflictFinding]) -> Listing:
    rows = Listing("person", "account", "why")
    for finding in findings:
        person = "\n".join(finding.person.lines) if finding.person else ""
        accounts = "\n".join(account.user_name for account in finding.accounts)
        sure = "" if finding.confidence == 100 else f"  ({finding.confidence} % sure)"
        remedy = f"→ {finding.remedy}" if finding.remedy else ""
        rows.add(person, accounts, Prose("\n".join(finding.reasons) + sure), below=remedy)
    return rows
