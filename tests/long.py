"""How long tests that generate their own examples run: shortly, or long with ROLLCALL_LONG=1."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LONG = os.environ.get("ROLLCALL_LONG") == "1"


def examples(short: int, long: int = 20_000) -> settings:
    """Return the settings of a property that is tried `short` times, `long` times when asked."""
    return settings(
        max_examples=long if LONG else short,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=not LONG,
    )
