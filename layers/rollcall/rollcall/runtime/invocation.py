"""One call of a function that no client waits for: its work ends before its time does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from rollcall.aws import deadline
from rollcall.http.limits import RESERVE


def in_time(context: Any) -> AbstractContextManager[None]:
    """Set the deadline of a call by the context that Lambda gives the function.

    What fails by then is logged and tried again, where a function that is ended says nothing.
    """
    return deadline.within(seconds_left(context) - RESERVE)


def seconds_left(context: Any) -> float:
    """Return the seconds that the function has."""
    return float(context.get_remaining_time_in_millis()) / 1000
