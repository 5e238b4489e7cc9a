"""The Lambda function behind /Groups."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime import handler as handler_of

    handler = handler_of("groups")
