"""Durations and times as operators write them: 30m, 24h, 14d, 0; and 2026-01-31."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from rollcall.cli.terminal import UsageError

_DURATION = re.compile(r"(\d{1,6})(m|h|d)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def duration(text: str) -> timedelta:
    """Read minutes, hours or days, or 0. Raises UsageError."""
    match = _DURATION.fullmatch(text)
    if match is None and text != "0":
        raise UsageError(f"{text!r} is no duration: write 30m, 24h, 14d or 0")
    return timedelta() if match is None else int(match[1]) * _UNITS[match[2]]


def moment(text: str, now: datetime) -> datetime:
    """Read a duration before now, a day, or an RFC 3339 instant. Raises UsageError."""
    try:
        if _DURATION.fullmatch(text):
            return now - duration(text)
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is no moment: write 24h, 14d or 2026-01-31") from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def later(text: str, now: datetime) -> datetime:
    """Read a duration from now, a day, or an RFC 3339 instant. Raises UsageError."""
    if _DURATION.fullmatch(text):
        return now + duration(text)
    return moment(text, now)


def duration_text(duration: timedelta) -> str:
    """Return a duration for people, in the largest unit of which it is a multiple."""
    for name, unit in (("day", "d"), ("hour", "h"), ("minute", "m")):
        number, rest = divmod(duration, _UNITS[unit])
        if number and not rest:
            return f"{number} {name}{'s' * (number != 1)}"
    return f"{round(duration.total_seconds())} seconds"
