"""`rollcall duplicates run` and `save`: the report of a tenant, run now or saved as a file."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rollcall.cli.connection import connect
from rollcall.cli.terminal import AsJson, Name, err, follow, say
from rollcall.operations import duplicate_reports
from rollcall.operator_error import naming


class ReportSuffix(StrEnum):
    """The formats of a report."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"


def run(context: typer.Context, tenant: Name, as_json: AsJson = False) -> None:
    """Look for duplicates now, as the scheduled report does: findings, files, notification.

    May be interrupted and repeated at any time.
    """
    counts = follow(duplicate_reports.run(connect(context), tenant), f"looking at {tenant}")
    if as_json:
        print(json.dumps(asdict(counts)))
        return
    say(
        f"{counts.new} new, {counts.open} still open, {counts.resolved} resolved, "
        f"{counts.hints} weak hints, {counts.dismissed} dismissed, among {counts.seen:,} "
        "addresses, employee numbers and names."
    )
    say(f"See them: `rollcall duplicates list {tenant}`")


def save(
    context: typer.Context,
    tenant: Name,
    file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")],
    form: Annotated[
        ReportSuffix | None, typer.Option(help="The format; by default, the suffix of the file.")
    ] = None,
) -> None:
    """Save the report of the last run as a file."""
    name = form.value if form else file.suffix.removeprefix(".")
    report = duplicate_reports.read_latest(connect(context), tenant, name)
    if str(file) == "-":
        sys.stdout.write(report.content.decode().replace("\r\n", "\n"))
    else:
        with naming(file):
            file.write_bytes(report.content)
        say(f"The report of {report.run} is in {file}.", to=err)
