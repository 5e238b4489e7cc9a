"""The entry point of the daily check for tokens and client secrets that are about to expire."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger
from rollcall.tenants.token_expiry import (
    Expiring,
    expiring_secrets,
    expiring_tokens,
    notification,
    subject,
)

AGAIN = timedelta(hours=26)
"""When the next run has to be done at the latest: a day later, with its retries."""


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Write the metric, and send a message about what is due; return both numbers."""
    backend = deployed()
    with in_time(context):
        tokens = find_expiring(backend, backend.tenants.clock())
        due = notify(backend, tokens)
        backend.schedules().completed("expiry", backend.tenants.clock() + AGAIN)
    publish(len(tokens))
    logger().info("tokens expiring", extra={"expiring": len(tokens), "told": due})
    return {"expiring": len(tokens), "told": due}


def find_expiring(backend: Backend, now: datetime) -> list[Expiring]:
    """Return the tokens and the client secrets of all tenants that expire soon."""
    found: list[Expiring] = []
    for tenant in backend.tenants.list():
        uses = backend.token_usage(tenant.name).read_all()
        found += expiring_tokens(tenant, uses, now)
        found += expiring_secrets(tenant, uses, now)
    return found


def notify(backend: Backend, expiring: list[Expiring]) -> int:
    """Publish one message about what is due, if anything; return how much it is."""
    due = [each for each in expiring if each.is_due]
    if due:
        content = {
            "event": "tokens expiring",
            "tokens": len(due),
            "days": min(each.days for each in due),
        }
        backend.topic.publish(subject(due), notification(due), content)
    return len(due)


def publish(expiring: int) -> None:
    """Write the metric to the log, in CloudWatch's embedded format."""
    metrics = EphemeralMetrics(namespace="Rollcall")
    metrics.add_metric("ExpiringTokens", MetricUnit.Count, expiring)
    metrics.flush_metrics()
