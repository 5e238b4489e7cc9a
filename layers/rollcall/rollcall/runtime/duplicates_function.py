"""The function of the duplicate report: a schedule sends one message per tenant to a queue.

The schedule sends {"run": the instant at which it was due}, each message is {"tenant", "run"}. When
a tenant's share of the time is over before its report is done, another message continues it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from rollcall.reconcile.duplicates.duplicate_run import RunOvertaken
from rollcall.reconcile.duplicates.report_delivery import RunCounts
from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger
from rollcall.runtime.tenant_report import duplicate_run
from rollcall.tenants.tenants import ACTIVE, TenantError

RESERVE = 60_000
"""The milliseconds before the function's end in which no work is begun."""

AGAIN = timedelta(days=8)
"""When the next run has to have begun at the latest; the schedule may be as rare as once a week."""

LOOK = timedelta(seconds=30)
"""How often a run checks whether its tenant was closed: nothing may be stored for it then."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle the schedule, or a batch of the queue; return the messages that failed."""
    log = logger()
    with in_time(context):
        if "Records" in event:
            return work(deployed(), log, event, context)
        sent = fan_out(deployed(), event["run"])
        deployed().schedules().completed("duplicates", deployed().tenants.clock() + AGAIN)
        log.info("fanned out", run=event["run"], tenants=sent)
        return {"tenants": sent}


def fan_out(backend: Backend, run: str) -> int:
    """Send a message for every tenant and return how many."""
    return backend.queue.send({"tenant": each, "run": run} for each in backend.tenants.names())


def work(
    backend: Backend, log: Logger, event: dict[str, Any], context: LambdaContext
) -> dict[str, Any]:
    """Work on the tenants of a batch; failed messages are delivered again, or are dead letters."""
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False, logger=log)  # type: ignore[arg-type]
    left = len(event["Records"])

    def work_on(record: SQSRecord) -> None:
        nonlocal left
        remaining = context.get_remaining_time_in_millis()
        end = remaining - (remaining - RESERVE) // left
        left -= 1
        message = record.json_body
        _advance(backend, log, message, late=lambda: context.get_remaining_time_in_millis() <= end)

    return dict(process_partial_response(event, work_on, processor, context))


def _advance(
    backend: Backend, log: Logger, message: dict[str, Any], late: Callable[[], bool]
) -> None:
    tenant, run = message["tenant"], message["run"]
    try:
        if backend.tenants.show(tenant).state != ACTIVE:
            return
        closed = _closed(backend, tenant)
        counts = duplicate_run(backend, tenant).advance(run, lambda _: late() or closed())
    except TenantError:
        return  # deleted since the schedule was due
    except RunOvertaken as error:
        log.info("nothing left to do", tenant=tenant, run=run, reason=str(error))
        return
    if counts is None:
        backend.queue.send([message])
        log.info("to be continued", tenant=tenant, run=run)
        return
    publish(tenant, counts)
    log.info("done", tenant=tenant, run=run, new=counts.new, seen=counts.seen)


def _closed(backend: Backend, tenant: str) -> Callable[[], bool]:
    """Return a function that tells whether a tenant was closed, as of its latest check."""
    clock = backend.tenants.clock
    checked = clock()

    def closed() -> bool:
        nonlocal checked
        if clock() - checked < LOOK:
            return False
        checked = clock()
        return backend.tenants.show(tenant).state != ACTIVE

    return closed


def publish(tenant: str, counts: RunCounts) -> None:
    """Write a tenant's metrics to the log, in CloudWatch's embedded format."""
    metrics = EphemeralMetrics(namespace="Rollcall")
    metrics.add_metadata("tenant", tenant)  # a dimension would make three metrics of each tenant
    metrics.add_metric("Duplicates", MetricUnit.Count, counts.new + counts.open)
    metrics.add_metric("NewDuplicates", MetricUnit.Count, counts.new)
    metrics.add_metric("ResolvedDuplicates", MetricUnit.Count, counts.resolved)
    metrics.flush_metrics()
