"""The table's stream as a function: what changed is published as events on a bus.

Records come in the order of each resource and at least once. Of a batch the first record whose
events are not all published is named, and it comes again with all that is behind it.
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
    """Publish what a batch of stream records means; return the record to go on with, if any."""
    with in_time(context):
        return publish(event["Records"], bus(), deployed().settings.url, logger())


@cache
def bus() -> EventBus:
    """Return the bus that the environment names; one client per process."""
    return deployed().bus()


def publish(records: Iterable[Mapping[str, Any]], to: EventBus, url: str, log: Logger) -> Failures:
    """Publish the events of some records, in their order."""
    done = publication.publish(records, to, url)
    _measure(done.published)
    if not done.next:
        log.debug("published", events=done.published)
        return {"batchItemFailures": []}
    log.warning("not all is published", events=done.events, published=done.published)
    return {"batchItemFailures": [{"itemIdentifier": done.next}]}


def _measure(published: int) -> None:
    metrics = EphemeralMetrics(namespace="Rollcall")
    metrics.add_metric("ChangeEvents", MetricUnit.Count, published)
    metrics.flush_metrics()
