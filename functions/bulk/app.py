"""The Lambda function behind /Bulk and searches over all types."""

from rollcall.start import built_engine, uncollected

with uncollected(), built_engine():
    from rollcall.runtime.scim_function import handler_of

    handler = handler_of("bulk")
