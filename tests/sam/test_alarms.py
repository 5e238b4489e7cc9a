"""Each alarm is set off by what it is about, and names the section that tells what to do."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.processed import Processed
from events.template import ROOT
from rehearsal.log_filter import LogFilter, field
from rollcall.runtime.json_log import logger
from rollcall.runtime.services import Services
from rollcall.runtime.sweep_function import sweep
from tests.http.api import Api
from tests.http.test_tenant_rate import BULK
from tests.runtime.test_sweep_function import Context
from tests.storage.faults import answering, refusal

STACK = Processed()
ALARMS = STACK.of_type("AWS::CloudWatch::Alarm")
FILTERS = STACK.of_type("AWS::Logs::MetricFilter")
PAGE = (ROOT / "docs" / "alarms.md").read_text()
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))

LOOKUP = '/Users?filter=emails.value eq "ann@example.com"'
"""A request that queries the table."""

REPORT: dict[str, Any] = {
    "time": "2026-11-27T10:00:00.000Z",
    "type": "platform.report",
    "record": {
        "requestId": "6d68ca91-49c9-448d-89b8-7ca3e6dc66aa",
        "metrics": {"durationMs": 29000.0, "billedDurationMs": 29000, "memorySizeMB": 1024},
        "status": "success",
    },
}
"""AWS, Lambda log formats: the line at the end of each invocation, in JSON."""


def counted(lines: str) -> dict[str, list[float]]:
    """Return the values that the metric filters of the template make of log lines."""
    found: dict[str, list[float]] = {}
    for each in FILTERS.values():
        (made,) = each["MetricTransformations"]
        pattern = LogFilter(each["FilterPattern"])
        for line in filter(pattern.matches, lines.splitlines()):
            text = made["MetricValue"]
            value = field(json.loads(line), text) if text.startswith("$") else text
            found.setdefault(made["MetricName"], []).append(float(value))
    return found


def set_off(lines: str) -> set[str]:
    """Return the alarms that lines set off when they come again in each of the periods."""
    values = counted(lines)
    return {
        name
        for name, alarm in ALARMS.items()
        if alarm["Namespace"] == STACK.stack
        and (found := values.get(alarm["MetricName"]))
        and (sum(found) if alarm["Statistic"] == "Sum" else max(found)) > float(alarm["Threshold"])
    }


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Yield what the functions of this process log."""
    lines = io.StringIO()
    logger().registered_handler.setStream(lines)  # type: ignore[attr-defined]  # one per process
    yield lines


def report(status: str) -> str:
    return json.dumps({**REPORT, "record": {**REPORT["record"], "status": status}})


def test_there_are_twelve_alarms_of_one_metric_each_that_somebody_hears() -> None:
    assert len(ALARMS) == 12
    for name, alarm in ALARMS.items():
        assert "Metrics" not in alarm, name
        assert alarm["AlarmActions"] == ["<ReportTopic>"], name
        longest = 86_400 if alarm["Period"] < 3600 else 7 * 86_400  # as CloudWatch takes it
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= longest, name
    kinds = {each["Type"] for each in STACK.resources.values()}
    assert not {"AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::AnomalyDetector"} & kinds


def test_each_alarm_has_its_section_and_each_section_its_alarm() -> None:
    assert set(SECTIONS) == set(ALARMS)
    for name, alarm in ALARMS.items():
        assert alarm["AlarmDescription"].endswith(f"; see docs/alarms.md#{name.lower()}")


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_a_section_says_what_it_means_what_to_look_at_and_what_to_do(name: str) -> None:
    parts = re.findall(r"^\*\*(.+?)\.\*\*", SECTIONS[name], re.MULTILINE)

    assert parts == ["What it means", "What to look at", "What to do"]
    commands = re.findall(r"^\$ (.+)$", SECTIONS[name], re.MULTILINE)
    assert commands
    for pattern in re.findall(r"^\$ lines '(.+)'$", SECTIONS[name], re.MULTILINE):
        LogFilter(pattern)
    for resource in re.findall(r"\$\(resource (\w+)\)", SECTIONS[name]):
        assert resource in STACK.resources
    for output in re.findall(r"\$\(output (\w+)\)", SECTIONS[name]):
        assert output in STACK.outputs


def test_a_metric_of_the_log_is_the_stacks_own_and_paid_for_only_when_it_counts() -> None:
    """AWS, CloudWatch pricing: a metric is paid for in the hours in which it has data."""
    for name, each in FILTERS.items():
        (made,) = each["MetricTransformations"]
        assert made["MetricNamespace"] == "rollcall", name
        assert "DefaultValue" not in made, name


def test_the_alarms_of_a_stack_do_not_hear_of_another() -> None:
    other = Processed(stack="rollcall-dev").of_type("AWS::CloudWatch::Alarm")
    account = {"ConcurrencyAlarm"}

    for name in set(ALARMS) - account:
        one, two = ALARMS[name], other[name]
        shared = one["Namespace"] == two["Namespace"] and not one.get("Dimensions")
        assert not shared, name


def test_requests_that_are_served_set_off_nothing(services: Services) -> None:
    api = Api(services)
    api.user()
    for method, path in (("GET", "/Users"), ("GET", "/Users/nobody"), ("PUT", "/Schemas")):
        api.send(method, path)

    lines = api.log.getvalue()
    assert len(lines.splitlines()) == 4
    assert counted(f"{lines}{report('success')}\nSTART\n") == {}


def test_requests_without_a_valid_token_are_told_when_they_are_many(services: Services) -> None:
    limited = Api(services, replace(services.settings, rate=25))
    for _ in range(30):
        limited.send("GET", "/Users", headers={"Authorization": "Bearer x"})

    lines = limited.log.getvalue()
    assert sum(counted(lines)["RefusedRequests"]) == 30
    assert {json.loads(line)["status"] for line in lines.splitlines()} == {401, 429}
    usual = int(STACK.resources["RefusedSignInsAlarm"]["Properties"]["Threshold"])
    assert set_off(lines) == set()
    assert set_off(lines * (usual // 30 + 1)) == {"RefusedSignInsAlarm"}


def test_a_tenant_at_its_rate_is_told(services: Services) -> None:
    limited = Api(services, replace(services.settings, rate=25))
    limited.send("POST", "/Bulk", json=BULK)
    limited.send("GET", "/Users")

    assert set_off(limited.log.getvalue()) == {"LimitedRequestsAlarm"}


def test_a_table_that_throttles_is_told_when_it_does_so_often(services: Services) -> None:
    api = Api(services)
    api.send("GET", "/Users")
    with answering(services.clients.dynamodb, "Query", refusal("ThrottlingException")):
        assert api.send("GET", LOOKUP).status_code == 503

    lines = api.log.getvalue()
    assert set_off(lines) == set()
    assert set_off(lines * 11) == {"TableAlarm"}


def test_a_fault_of_ours_is_told(services: Services) -> None:
    api = Api(services)
    with answering(services.clients.dynamodb, "Query", refusal("AccessDeniedException")):
        assert api.send("GET", LOOKUP).status_code == 500

    assert set_off(api.log.getvalue()) == {"FailuresAlarm"}


@pytest.mark.parametrize("status", ["error", "failure", "timeout"])
def test_an_invocation_that_does_not_end_well_is_told(status: str) -> None:
    assert set_off(report(status)) == {"FailuresAlarm"}


def test_a_schedule_that_stopped_is_told_by_the_sweep_and_a_sweep_by_its_silence(
    services: Services,
) -> None:
    schedules, now = services.schedules(), datetime.now(UTC)
    schedules.completed("expiry", now + timedelta(hours=1))
    with logged() as lines:
        sweep(services, Context("first"))
        assert counted(lines.getvalue()) == {"OverdueSchedules": [0.0]}
        schedules.completed("expiry", now - timedelta(hours=1))
        sweep(services, Context("second"))

    assert set_off(lines.getvalue()) == {"StoppedAlarm"}
    assert '"schedules":["expiry"]' in lines.getvalue()
    assert ALARMS["StoppedAlarm"]["TreatMissingData"] == "breaching"
    assert {name for name, each in ALARMS.items() if each["TreatMissingData"] == "breaching"} == {
        "StoppedAlarm"
    }


def test_a_sweep_that_found_another_at_work_says_nothing_of_schedules(services: Services) -> None:
    now = datetime.now(UTC)
    services.leases().take("sweep", "another", now, now + timedelta(minutes=5))
    with logged() as lines:
        sweep(services, Context("mine"))

    assert "another sweep" in lines.getvalue()
    assert counted(lines.getvalue()) == {}


def test_a_line_carries_the_trace_of_its_request(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = "1-5759e988-bd862e3fe1be46a994272793"
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={trace};Parent=53995c3f42cd8ad8;Sampled=1")
    api = Api(services)
    api.send("GET", "/Users")

    assert api.lines()[-1]["xray_trace_id"] == trace
