"""The Lambda function behind the links to reports."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.pages_function import reports_handler

    handler = reports_handler()
