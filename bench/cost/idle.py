"""What a deployment costs in a month in which nobody asks for anything, by its template."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.cost.bill import Line, Month
from events.processed import Processed

HOURS = 730
MINUTES = HOURS * 60
SECONDS = MINUTES * 60

POLLERS, POLLS = 5, 3
"""Lambda asks an empty queue over five connections, twenty seconds each (AWS Lambda, scaling of SQS
event source mappings)."""

KEY_MINUTES = 5
"""For how long DynamoDB keeps a key of KMS, for each principal that asks."""

STREAM_METRICS = 6
"""The metrics of an event source mapping of a stream, where it counts its events."""

METRICS = {
    "RefusedRequests": 0, "RefusedSignIns": 0, "LimitedRequests": 0, "UnservedRequests": 0,
    "Failures": 0, "OverdueSchedules": HOURS,
}  # fmt: skip
"""In how many hours the metric of each filter has data when nobody asks for anything: the line that
the sweep logs each minute has some."""

SCHEDULES = {
    "SweepFunction": "sweep",
    "ExpiryFunction": "expiry",
    "DuplicatesFunction": "fan-out",
    "SummaryFunction": "summary",
}
"""The measured figures of each function that a schedule invokes."""

DAILY_METRICS = {"ExpiryFunction": 1}
"""The metrics that a function writes into the log in each run: paid for by the hour."""

FREE = {
    "AWS::ApiGateway::Account", "AWS::ApiGateway::BasePathMapping", "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName", "AWS::ApiGateway::RestApi", "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup", "AWS::Events::EventBus", "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission", "AWS::Logs::LogGroup", "AWS::Logs::QueryDefinition",
    "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Lambda::Version",
    "AWS::Scheduler::ScheduleGroup",
}  # fmt: skip
"""The types of resources that cost nothing while they are not used, whatever their properties."""


class UnpricedError(Exception):
    """Something in the template costs money, and there is no price for it here."""


def idle(stack: Processed, month: Month) -> dict[str, list[Line]]:
    """Return the bill of an idle month, by resource. Raises UnpricedError."""
    bill: dict[str, list[Line]] = {}
    for name, resource in sorted(stack.resources.items()):
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in FREE:
            continue
        if kind not in _PRICED:
            raise UnpricedError(f"{name} is a {kind}: is that free, or what does it cost?")
        if lines := list(_PRICED[kind](name, properties, stack, month)):
            bill[name] = lines
    return bill


Priced = Callable[[str, Mapping[str, Any], Processed, Month], Iterator[Line]]


def _alarm(_: str, properties: Mapping[str, Any], __: Processed, ___: Month) -> Iterator[Line]:
    if properties.get("Period", 60) < 60:
        raise UnpricedError("an alarm of high resolution has another price")
    metrics = [each for each in properties.get("Metrics", [1]) if each == 1 or "MetricStat" in each]
    yield Line("alarm", "cloudwatch.alarm_month", len(metrics))


def _filter(name: str, properties: Mapping[str, Any], __: Processed, ___: Month) -> Iterator[Line]:
    for each in properties["MetricTransformations"]:
        if each.get("Dimensions"):
            raise UnpricedError(f"{name} makes a metric for each value of its dimensions")
        hours = HOURS if "DefaultValue" in each else METRICS.get(name)
        if hours is None:
            raise UnpricedError(f"in how many hours of an idle month has {name} data?")
        if hours:
            yield Line("custom metric", "cloudwatch.metric_month", hours / HOURS)


def _mapping(name: str, properties: Mapping[str, Any], __: Processed, ___: Month) -> Iterator[Line]:
    if "ProvisionedPollerConfig" in properties:
        raise UnpricedError(f"{name} has pollers of its own")
    if properties.get("MetricsConfig", {}).get("Metrics"):
        yield Line("metrics of the stream", "cloudwatch.metric_month", STREAM_METRICS)
    if "StartingPosition" not in properties:  # a queue; reading a stream is free
        yield Line("polls of an empty queue", "sqs.request", POLLERS * POLLS * MINUTES)


def _function(_: str, properties: Mapping[str, Any], __: Processed, ___: Month) -> Iterator[Line]:
    if properties.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions":
        size = properties["MemorySize"] / 1024
        yield Line("snapshot of one version", "snapstart.cache_gb_second", size * SECONDS)


def _schedule(
    _: str, properties: Mapping[str, Any], stack: Processed, month: Month
) -> Iterator[Line]:
    target = properties["Target"]["Arn"].strip("<>").partition(".")[0]
    runs = _runs(properties["ScheduleExpression"])
    if target not in SCHEDULES:
        raise UnpricedError(f"what a run of {target} takes is not measured")
    yield Line("invocations by the schedule", "scheduler.invocation", runs)
    yield from month.schedule(SCHEDULES[target], target, runs)
    if stack.of_type("AWS::Lambda::Function")[target]["TracingConfig"]["Mode"] == "Active":
        yield Line("X-Ray, traces", "xray.trace", runs)
    if metrics := DAILY_METRICS.get(target):
        yield Line("custom metric", "cloudwatch.metric_month", metrics * runs / HOURS)


def _table(name: str, properties: Mapping[str, Any], _: Processed, __: Month) -> Iterator[Line]:
    if properties["BillingMode"] != "PAY_PER_REQUEST" or "KMSMasterKeyId" in properties:
        raise UnpricedError(f"{name} has a capacity or a key of its own")
    if properties["SSESpecification"]["SSEEnabled"]:
        yield Line("requests with the key of the table", "kms.request", MINUTES / KEY_MINUTES)


def _secret(_: str, __: Mapping[str, Any], ___: Processed, ____: Month) -> Iterator[Line]:
    yield Line("secret", "secret.month", 1)


def _stage(name: str, properties: Mapping[str, Any], _: Processed, __: Month) -> Iterator[Line]:
    if properties.get("CacheClusterEnabled"):
        raise UnpricedError(f"{name} has a cache")
    yield from ()


def _alias(name: str, properties: Mapping[str, Any], _: Processed, __: Month) -> Iterator[Line]:
    if "ProvisionedConcurrencyConfig" in properties:
        raise UnpricedError(f"{name} keeps containers")
    yield from ()


def _dashboard(_: str, __: Mapping[str, Any], ___: Processed, ____: Month) -> Iterator[Line]:
    yield Line("dashboard", "cloudwatch.dashboard_month", 1)


def _web_acl(_: str, properties: Mapping[str, Any], __: Processed, ___: Month) -> Iterator[Line]:
    yield Line("web ACL", "waf.acl_month", 1)
    yield Line("rules", "waf.rule_month", len(properties["Rules"]))


def _nothing(_: str, __: Mapping[str, Any], ___: Processed, ____: Month) -> Iterator[Line]:
    yield from ()


_PRICED: dict[str, Priced] = {
    "AWS::ApiGateway::Stage": _stage,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::DynamoDB::Table": _table,
    "AWS::Lambda::Alias": _alias,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::MetricFilter": _filter,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::SecretsManager::Secret": _secret,
    "AWS::WAFv2::WebACL": _web_acl,
    "AWS::WAFv2::WebACLAssociation": _nothing,
}


def _runs(expression: str) -> float:
    """Return how often a schedule runs in a month."""
    if found := re.fullmatch(r"rate\((\d+) minutes?\)", expression):
        return MINUTES / int(found[1])
    if found := re.fullmatch(r"cron\(\d+ \d+ (?:\* \* \?|\? \* \*) \*\)", expression):
        return HOURS / 24
    if found := re.fullmatch(r"cron\(\d+ \d+ \? \* [A-Z0-9]{1,3} \*\)", expression):
        return HOURS / 24 / 7
    raise UnpricedError(f"how often is {expression}?")
