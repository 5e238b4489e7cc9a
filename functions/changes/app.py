"""The Lambda function that publishes what changes in the table as events."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.changes_function import handler

__all__ = ["handler"]
