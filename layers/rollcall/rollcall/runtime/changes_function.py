"""The function that reads the table's stream: changes become events on a bus, and waves are told.

The records of each resource come in order and at least once. The function returns the first record
of a batch whose events are not all published: Lambda sends it again, with all records after it. A
failure of the watch over who is disabled holds no events: it looks again with the next batch, and
the summaries' run tells of what nobody was told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from rollcall.aws.event_bus import EventBus
from rollcall.changes import publication
from rollcall.changes.disable_watch import DisableWatch
from rollcall.runtime.backend import deployed
from rollcall.runtime.background import logged
from rollcall.runtime.brake_watch import disable_watch
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger

Failures = dict[str, list[dict[str, str]]]


def handler(event: Mapping[str, Any], context: object) -> Failures:
    """Publish the events of a batch of stream records; return the record to continue with."""
    backend, log = deployed(), logger()
    with in_time(context):
        failures = publish(event["Records"], bus(), backend.settings.url, log)
        with logged("the watch over who is disabled", log):
            watch().look(event["Records"])
    return failures


@cache
def watch() -> DisableWatch:
    """Return the watch of this process, which knows what it has failed to look at."""
    return disable_watch(deployed(), logger())


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
