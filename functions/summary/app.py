"""The Lambda function that brings the summaries of tenants up to date, every 15 minutes."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.summary_function import handler

__all__ = ["handler"]
