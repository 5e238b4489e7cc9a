"""The entry point of the daily look for tokens that are about to expire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger
from rollcall.tenants.token_expiry import ExpiringToken, expiring_tokens, notification


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Write the metric, and tell people of the tokens whose day it is; returns how many of each."""
    backend = deployed()
    with in_time(context):
        found = look(backend, backend.tenants.clock())
        told = tell(backend, found)
    publish(len(found))
    logger().info("tokens expiring", extra={"expiring": len(found), "told": told})
    return {"expiring": len(found), "told": told}


def look(backend: Backend, now: datetime) -> list[ExpiringToken]:
    """Return the tokens of all tenants that end soon."""
    return [
        each
        for tenant in backend.tenants.list()
        for each in expiring_tokens(tenant, backend.usage(tenant.name).read_all(), now)
    ]


def tell(backend: Backend, found: list[ExpiringToken]) -> int:
    """Publish one message about the tokens whose day it is, none where there are none."""
    due = [each for each in found if each.is_due]
    if due:
        subject = f"Rollcall: {len(due)} token{'s' * (len(due) != 1)} about to expire"
        content = {
            "event": "tokens expiring",
            "tokens": len(due),
            "days": min(each.days for each in due),
        }
        backend.topic.publish(subject, notification(due), content)
    return len(due)


def publish(expiring: int) -> None:
    """Write the metric to the log, in CloudWatch's embedded format."""
    metrics = EphemeralMetrics(namespace="Rollcall")
    metrics.add_metric("ExpiringTokens", MetricUnit.Count, expiring)
    metrics.flush_metrics()
