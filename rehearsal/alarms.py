"""Each alarm of the stack, set off once by its metric, up to the message that people get."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from rehearsal.cloud import ROOT
from rehearsal.log_filter import LogFilter
from rehearsal.mailbox import Mailbox
from rehearsal.rows import DifferenceError, expect
from rehearsal.stack import Stack


def set_off(stack: Stack, people: Mailbox) -> str:
    """Set off each alarm, and look its section up; the emulator counts no log lines by itself."""
    metrics = stack.cloud.client("cloudwatch")
    resources = {identifier: name for name, identifier in stack.resources().items()}
    alarms = [
        each for each in metrics.describe_alarms()["MetricAlarms"] if each["AlarmName"] in resources
    ]
    expect(len(alarms), 12, "alarms")
    for each in alarms:
        metrics.put_metric_data(
            Namespace=each["Namespace"],
            MetricData=[
                {
                    "MetricName": each["MetricName"],
                    "Dimensions": each["Dimensions"],
                    "Value": each["Threshold"] + 1,
                }
            ],
        )
    people.until(
        lambda found: (
            {e["AlarmName"] for e in found if "AlarmName" in e}
            >= {each["AlarmName"] for each in alarms}
        ),
        "an alarm",
    )
    page = (ROOT / "docs" / "alarms.md").read_text()
    for told in (each for each in people.messages if "AlarmName" in each):
        anchor = told["AlarmDescription"].partition("docs/alarms.md#")[2]
        name = resources[told["AlarmName"]]
        expect(anchor, name.lower(), "the section of an alarm")
        if f"\n## {name}\n" not in page:
            raise DifferenceError(f"{name} has no section in docs/alarms.md")
    return f"{len(alarms)} set off, each told on the topic with its section; {_counted(stack)}"


def _counted(stack: Stack) -> str:
    """Count what the metric filters of the stack find in what its functions have logged."""
    logs, group = stack.cloud.client("logs"), stack.outputs()["LogGroup"]
    filters: list[Any] = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [
        line for page in pages for event in page["events"] for line in event["message"].splitlines()
    ]
    found: Counter[str] = Counter()
    for each in filters:
        fits = LogFilter(each["filterPattern"]).matches
        found[each["metricTransformations"][0]["metricName"]] += sum(map(fits, lines))
    if not (found["OverdueSchedules"] and found["RefusedRequests"]):
        raise DifferenceError(f"no line of a sweep or of a refusal counts: {json.dumps(found)}")
    return ", ".join(f"{name} {number}" for name, number in sorted(found.items()))
