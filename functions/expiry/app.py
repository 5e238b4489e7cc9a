"""The Lambda function that looks, every day, for tokens that are about to expire."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.expiry_function import handler

__all__ = ["handler"]
