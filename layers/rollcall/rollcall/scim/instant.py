"""Points in time as resources, items and logs hold them (RFC 3339, RFC 7643 section 2.3.5)."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(moment: datetime) -> str:
    """Return a moment in UTC with milliseconds; the texts sort in the order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
