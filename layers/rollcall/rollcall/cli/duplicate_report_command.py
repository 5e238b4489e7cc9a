"""`rollcall duplicates run|save`: the report of a tenant, made now, and kept as a file."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from rollcall.cli.connection import target
from rollcall.cli.terminal import AsJson, Name, UsageError, err, say
from rollcall.operations.operator import Operator
from rollcall.operator_error import naming
from rollcall.reconcile.duplicates.case_store import CaseStore
from rollcall.reconcile.duplicates.duplicate_run import RunOvertaken, RunProgress
from rollcall.runtime import duplicates_function
from rollcall.storage.report_files import FORMATS, report_path


class Written(StrEnum):
    """The forms in which a report is written."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"


def run(context: typer.Context, tenant: Name, as_json: AsJson = False) -> None:
    """Look for duplicates now, as the scheduled report does: book, files, notification.

    May be broken off and repeated at any time.
    """
    chosen = target(context)
    chosen.services.tenants.show(tenant)
    looking = duplicates_function.report(chosen.services, tenant)
    due = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("reading")

        def show(at: RunProgress) -> bool:
            bar.update(task, description=f"{at.phase.value}, {at.seen:,} values so far")
            return False

        try:
            counts = looking.advance(due, show)
        except RunOvertaken:
            raise UsageError("another run is at work on this tenant, or was just now") from None
    assert counts is not None  # noqa: S101  # nobody said that the time was over
    if as_json:
        print(json.dumps(vars(counts)))
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
    file: Annotated[Path, typer.Argument(help="Where to; - for standard output.")],
    form: Annotated[Written | None, typer.Option(help="By default what the name ends in.")] = None,
) -> None:
    """Save the report of the last run as a file."""
    chosen = target(context)
    runs = [each["run"] for each in opened(chosen, tenant).findings.summaries()]
    if not runs:
        raise UsageError(f"there is no report of {tenant} yet: rollcall duplicates run {tenant}")
    name = form.value if form else file.suffix.removeprefix(".")
    if name not in FORMATS:
        raise UsageError(f"reports are written as html, csv or json, not as {name or 'nothing'}")
    body = b"".join(chosen.services.reports.read(report_path(tenant, runs[-1]), FORMATS[name]))
    if str(file) == "-":
        sys.stdout.write(body.decode().replace("\r\n", "\n"))
    else:
        with naming(file):
            file.write_bytes(body)
        say(f"The report of {runs[-1]} is in {file}.", to=err)


def opened(chosen: Operator, tenant: str) -> CaseStore:
    """Return the findings of a tenant that exists. Raises TenantError."""
    chosen.services.tenants.show(tenant)
    return duplicates_function.case_store(chosen.services, tenant)
