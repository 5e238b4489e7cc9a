"""The function that reads the table's stream and publishes changes as events on a bus.

The records of each resource come in order and at least once. The function returns the first record
of a batch whose events are not all published: Lambda sends it again, with all records after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from rollcall.aws.event_bus import EventBus
from rollcall.changes import publication
from rollcall.runtime.backend import deployed
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger

Failures = dict[str, list[dict[str, str]]]


def handler(event: Mapping[str, Any], context: object) -> Failures:
    """Publish the events of a batch of stream records; return the record to continue with."""
    with in_time(context):
        return publish(event["Records"], bus(), deployed().settings.url, logger())


@cache
def bus() -> EventBus:
    """Return the bus that the environment names; one client per process."""
    return deployed().bus()


def publish(records: Iterable[Mapping[str, Any]], to: EventBus, url: str, log: Logger) -> Failures:
    """Publish the events of records, in their order."""
    result = publication.publish(records, to, url)
    _measure(result.published)
    if not result.next:
        log.debug("published", events=result.published)
        return {"batchItemFailures": []}
    log.warning("not all is published", events=result.events, published=result.published)
    return {"batchItemFailures": [{"itemIdentifier": result.next}]}


def _measure(published: int) -> None:
    metrics = EphemeralMetrics(namespace="Rollcall")
    metrics.add_metric("ChangeEvents", MetricUnit.Count, published)
    metrics.flush_metrics()
