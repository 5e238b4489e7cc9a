"""The Lambda function behind /Groups."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.scim_function import handler_of

    handler = handler_of("groups")
