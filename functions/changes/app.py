"""The Lambda function that publishes what changes in the table as events."""

from rollcall.runtime.changes import handler

__all__ = ["handler"]
