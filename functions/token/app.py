"""The Lambda function behind the token endpoint."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.token_function import token_handler

    handler = token_handler()
