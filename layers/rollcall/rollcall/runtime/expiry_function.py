"""The entry point of the daily check for tokens that are about to expire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger
from rollcall.tenants.token_expiry import ExpiringToken, expiring_tokens, notification


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Write the metric, and send a message about the tokens that are due; return both numbers."""
    backend = deployed()
    with in_time(context):
        tokens = find_expiring(backend, backend.tenants.clock())
        due = notify(backend, tokens)
    publish(len(tokens))
    logger().info("tokens expiring", extra={"expiring": len(tokens), "told": due})
    return {"expiring": len(tokens), "told": due}


def find_expiring(backend: Backend, now: datetime) -> list[ExpiringToken]:
    """Return the tokens of all tenants that expire soon."""
    return [
        each
        for tenant in backend.tenants.list()
        for each in expiring_tokens(tenant, backend.token_usage(tenant.name).read_all(), now)
    ]


def notify(backend: Backend, tokens: list[ExpiringToken]) -> int:
    """Publish one message about the tokens that are due, if any; return how many are."""
    due = [each for each in tokens if each.is_due]
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
