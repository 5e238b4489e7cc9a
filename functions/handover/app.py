"""The Lambda function behind the hand-over page."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.pages_function import handover_handler

    handler = handover_handler()
