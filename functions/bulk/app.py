"""The Lambda function behind /Bulk and searches over all types."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime import handler as handler_of

    handler = handler_of("bulk")
