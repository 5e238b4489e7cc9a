"""The deadline of the work at hand: one for all its calls of AWS, their tries and their pauses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from time import monotonic

_DEADLINE: ContextVar[float] = ContextVar("deadline", default=inf)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give what is done meanwhile so many seconds; a deadline that is earlier stays."""
    token = _DEADLINE.set(min(_DEADLINE.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def seconds_left() -> float:
    """Return the seconds until the deadline, below 0 after it; infinite where there is none."""
    return _DEADLINE.get() - monotonic()
