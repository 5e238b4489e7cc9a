"""The entry point of the scheduled sweep: one at a time, however long it takes.

It runs the most often of all schedules, so it tells which of the others have stopped.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from rollcall.http.time_limit import seconds_left
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger
from rollcall.runtime.services import Services, deployed

LEASE = "sweep"


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Finish interrupted changes of all tenants, and purge what is due; return how many changes."""
    with in_time(context):
        return sweep(deployed(), context)


def sweep(services: Services, context: Any) -> dict[str, int]:
    """Sweep for the time that is left to the function, unless another sweep is at work.

    The lease is taken when there is something to do, which is seldom: it costs two writes.
    """
    leases, holder, now = services.leases(), context.aws_request_id, datetime.now(UTC)
    taken = False

    def take_lease() -> bool:
        nonlocal taken
        taken = leases.take(LEASE, holder, now, now + timedelta(seconds=seconds_left(context)))
        return taken

    if leases.is_held(LEASE, now):
        logger().info("sweep", extra={"finished": 0, "reason": "another sweep is at work"})
        return {"finished": 0}
    left = partial(seconds_left, context)
    finished = purged = 0
    try:
        try:
            finished = sum(1 for _ in services.sweep().run(left, take_lease))
        finally:  # what fails in one pass is none of the other's business
            purged = sum(1 for _ in services.purge().run(left, lambda: taken or take_lease()))
        overdue = services.schedules().overdue(now)
    finally:
        if taken:
            leases.release(LEASE, holder)
    extra = {
        "finished": finished,
        "purged": purged,
        "overdue": len(overdue),
        "schedules": overdue,
    }
    logger().info("sweep", extra=extra)
    return {"finished": finished}
