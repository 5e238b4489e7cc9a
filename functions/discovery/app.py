"""The Lambda function behind discovery, /Me and every path that no other function has."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime import handler as handler_of

    handler = handler_of("discovery")
