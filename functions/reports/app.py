"""The Lambda function behind the links to reports."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime import pages_handler

    handler = pages_handler("reports")
