"""The Lambda function behind /Groups."""

from rollcall.start import built_parser, uncollected

with uncollected(), built_parser():
    from rollcall.runtime.scim_function import handler_of

    handler = handler_of("groups")
