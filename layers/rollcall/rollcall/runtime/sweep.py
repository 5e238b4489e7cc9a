"""The entry point of the scheduled sweep: one at a time, however long it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from rollcall.runtime import Services, logger, services

LEASE = "sweep"


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Go on with what was begun and not finished; returns how much was finished."""
    return sweep(services(), context)


def sweep(having: Services, context: Any) -> dict[str, int]:
    """Sweep as long as the function has, unless another sweep is at work."""

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    leases, holder, now = having.leases(), context.aws_request_id, datetime.now(UTC)
    if not leases.take(LEASE, holder, now, now + timedelta(seconds=seconds_left())):
        logger().info("sweep", extra={"finished": 0, "reason": "another sweep is at work"})
        return {"finished": 0}
    try:
        finished = sum(1 for _ in having.sweep().run(seconds_left))
    finally:
        leases.end(LEASE, holder)
    logger().info("sweep", extra={"finished": finished})
    return {"finished": finished}
