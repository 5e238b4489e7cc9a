"""How long an answer takes."""

from __future__ import annotations

RESERVE = 3.0
"""The seconds at the end of a function's time that are kept for its answer."""
