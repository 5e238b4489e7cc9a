"""The duplicate report that an operator makes: again at once, but not beside another run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollcall.operations import duplicate_reports
from rollcall.operations.duplicate_reports import RunCounts
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from rollcall.runtime.tenant_report import duplicate_run
from rollcall.storage.report_files import ReportError
from tests.operations.operators import finished
from tests.reconcile.duplicates.conftest import channels, in_memory, services

__all__ = ["channels", "in_memory", "services"]


def run(services: Services) -> RunCounts:
    return finished(duplicate_reports.run(Operator(services, "operator:test"), "acme"))


def test_a_report_is_made_again_within_the_same_second(services: Services) -> None:
    runs = [run(services).run for _ in range(3)]

    assert runs == sorted(set(runs))


def test_a_report_is_made_while_another_clock_was_ahead(services: Services) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    duplicate_run(services, "acme").advance(ahead, lambda _: False)

    assert run(services).run > ahead


def test_a_report_is_refused_beside_a_run_that_is_due_later(services: Services) -> None:
    ahead = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    duplicate_run(services, "acme").advance(ahead, lambda _: True)

    with pytest.raises(ReportError, match="another run is at work"):
        run(services)


def test_the_latest_report_is_read_in_every_form(services: Services) -> None:
    operator = Operator(services, "operator:test")
    with pytest.raises(ReportError, match="there is no report of acme yet"):
        duplicate_reports.read_latest(operator, "acme", "html")
    latest = run(services).run

    assert duplicate_reports.read_latest(operator, "acme", "json").run == latest
    assert b"</html>" in duplicate_reports.read_latest(operator, "acme", "html").content
    with pytest.raises(ReportError, match="not as pdf"):
        duplicate_reports.read_latest(operator, "acme", "pdf")
