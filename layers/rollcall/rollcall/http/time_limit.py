"""The time that a Lambda function has for an invocation."""

from __future__ import annotations

from typing import Any

RESERVE = 3.0
"""The seconds at the end of an invocation that are kept for its answer."""


def seconds_left(context: Any) -> float:
    """Return the seconds that are left to an invocation, by the context that Lambda gives it."""
    return float(context.get_remaining_time_in_millis()) / 1000
