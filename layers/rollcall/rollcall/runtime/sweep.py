"""The entry point of the scheduled sweep."""

from __future__ import annotations

from typing import Any

from rollcall.runtime import logger, services


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Go on with what was begun and not finished; returns how much was finished."""

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000

    finished = sum(1 for _ in services().sweep().run(seconds_left))
    logger().info("sweep", extra={"finished": finished})
    return {"finished": finished}
