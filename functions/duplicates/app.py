"""The Lambda function of the duplicate report: started by a schedule, then by its own queue."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.duplicates_function import handler

__all__ = ["handler"]
