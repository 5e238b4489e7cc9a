"""Runs over a directory, and what they leave behind."""

from __future__ import annotations

import json
from typing import Any

from rollcall.reconcile.duplicates.duplicate_run import DuplicateRun, RunProgress
from rollcall.reconcile.duplicates.report_delivery import RunCounts
from rollcall.runtime.services import Services
from rollcall.storage.report_files import FORMATS, report_path
from tests.directory.people import ENTERPRISE

MONDAY, TUESDAY, WEDNESDAY = (f"2026-11-{day}T02:00:00Z" for day in (23, 24, 25))


def never(_: RunProgress) -> bool:
    """There is always time."""
    return False


def done(run: DuplicateRun, due: str = MONDAY) -> RunCounts:
    """Return what a run counts that nothing stops."""
    counts = run.advance(due, never)
    assert counts is not None
    return counts


def forget(run: DuplicateRun) -> None:
    """Delete what runs have left in the table."""
    found, table = run.cases.findings, run.cases.findings.table
    flags = (found.keys.flag(user, flag) for _, user, flag in list(found.flags()))
    kept = [{"pk": each["pk"], "sk": each["sk"]} for each in table.query(found.keys.duplicates())]
    table.delete([*flags, *kept])


def written(services: Services, due: str = MONDAY, form: str = "json") -> str:
    """Return the report of a run as it stands in the bucket."""
    return b"".join(services.reports.read(report_path("acme", due), FORMATS[form])).decode()


def findings(services: Services, due: str = MONDAY) -> list[dict[str, Any]]:
    """Return the findings in the report of a run."""
    found: list[dict[str, Any]] = json.loads(written(services, due))["findings"]
    return found


def mails(*addresses: str) -> dict[str, Any]:
    """Return the attributes of a user with these addresses."""
    return {"emails": [{"value": each} for each in addresses]}


def numbered(number: str) -> dict[str, Any]:
    """Return the attributes of a user with an employee number."""
    return {ENTERPRISE: {"employeeNumber": number}}
