"""The Lambda function where the product asks who may sign in."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.access_function import access_handler

    handler = access_handler()
