"""The entry point of the summaries: every 15 minutes, and once a week a message about silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rollcall.http.time_limit import seconds_left
from rollcall.runtime.backend import Backend, deployed
from rollcall.runtime.background import logged
from rollcall.runtime.brake_watch import disable_watch
from rollcall.runtime.invocation import in_time
from rollcall.runtime.json_log import logger
from rollcall.tenants.attention import weekly

LEASE = "summaries"

AGAIN, AGAIN_TOLD = timedelta(hours=2), timedelta(days=8)
"""When the next run, and the next weekly message, has to be done at the latest."""

RESERVE = 30.0
"""The seconds before the end of the function in which no tenant is begun."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Bring the summaries up to date, or send the weekly message; return what was done."""
    backend = deployed()
    with in_time(context):
        if event.get("weekly"):
            now = backend.tenants.clock()
            told = tell(backend, now)
            backend.schedules().completed("silence", now + AGAIN_TOLD)
            logger().info("silent tenants", extra={"told": told})
            return {"told": told}
        return update(backend, context)


def update(backend: Backend, context: Any) -> dict[str, Any]:
    """Run for the time that is left to the function, unless another run is at work."""
    leases, holder, now = backend.leases(), context.aws_request_id, backend.tenants.clock()
    if not leases.take(LEASE, holder, now, now + timedelta(seconds=seconds_left(context))):
        logger().info("summaries", extra={"finished": False, "reason": "another run is at work"})
        return {"finished": False}
    try:
        finished = backend.summaries.run(now, lambda: seconds_left(context) < RESERVE)
        if finished:
            backend.schedules().completed("summaries", now + AGAIN)
    finally:
        leases.release(LEASE, holder)
    logger().info("summaries", extra={"finished": finished})
    with logged("the watch over who is disabled", logger()):
        disable_watch(backend, logger()).tell_all()
    return {"finished": finished}


def tell(backend: Backend, now: datetime) -> int:
    """Send one message about the tenants that are silent or refused; return how many there are."""
    message = weekly(backend.summaries.items.read_all()[1], now)
    if message is None:
        return 0
    content = {"event": "tenants silent", "tenants": message.tenants}
    backend.topic.publish(message.subject, message.text, content)
    return message.tenants
