"""The Lambda function behind the hand-over page."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime import pages_handler

    handler = pages_handler("handover")
