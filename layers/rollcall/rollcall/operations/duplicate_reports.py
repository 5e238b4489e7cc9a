"""The duplicate report of a tenant: run now, and read as a file."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.reconcile.duplicates.duplicate_run import DuplicateRun, Phase, RunOvertaken
from rollcall.reconcile.duplicates.report_delivery import RunCounts
from rollcall.runtime import tenant_report
from rollcall.storage.report_files import FORMATS, ReportError, report_path

__all__ = ["RunCounts"]

_RUN_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
"""The format of the names of runs: the second at which they were due."""


@dataclass(frozen=True)
class ReportFile:
    """The report of a run, in the requested format."""

    run: str
    content: bytes


def run(operator: Operator, tenant: str) -> Generator[Progress, None, RunCounts]:
    """Look for duplicates now, as the scheduled report does: findings, files, notification.

    May be interrupted and repeated. Raises TenantError, and ReportError while another run is at
    work.
    """
    operator.services.tenants.show(tenant)
    report = tenant_report.duplicate_run(operator.services, tenant)
    due = _due(report)
    try:
        for progress in report.steps(due):
            yield Progress(progress.seen, unit="values", step=progress.phase.value)
    except RunOvertaken:
        raise ReportError("another run is at work on this tenant, or was just now") from None
    return report.delivery.counts(due)


def read_latest(operator: Operator, tenant: str, form: str) -> ReportFile:
    """Return the report of the latest run as `html`, `csv` or `json`.

    Raises TenantError, and ReportError when there is no report, or no such format.
    """
    services = operator.services
    services.tenants.show(tenant)
    summaries = list(tenant_report.case_store(services, tenant).findings.summaries())
    if not summaries:
        raise ReportError(f"there is no report of {tenant} yet: rollcall duplicates run {tenant}")
    if form not in FORMATS:
        raise ReportError(f"reports are written as html, csv or json, not as {form or 'nothing'}")
    latest = summaries[-1]["run"]
    chunks = services.reports.read(report_path(tenant, latest), FORMATS[form])
    return ReportFile(latest, b"".join(chunks))


def _due(report: DuplicateRun) -> str:
    """Return the name of a new run: the current second, or the one after the latest run."""
    due, latest = datetime.now(UTC), report.latest()
    if latest is not None and latest.phase is Phase.DONE:
        due = max(due, datetime.fromisoformat(latest.run) + timedelta(seconds=1))
    return due.strftime(_RUN_FORMAT)
