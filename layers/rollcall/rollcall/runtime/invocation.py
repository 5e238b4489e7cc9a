"""The deadline of a function that no client waits for: its work ends before Lambda ends it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from rollcall.aws import deadline
from rollcall.http.time_limit import RESERVE, seconds_left


def in_time(context: Any) -> AbstractContextManager[None]:
    """Set the deadline of a call by the context that Lambda gives the function.

    Work that the deadline stops is logged and retried; a function that Lambda ends logs nothing.
    """
    return deadline.within(seconds_left(context) - RESERVE)
