"""The Lambda function that tries out a new version before clients reach it."""

from rollcall.start import uncollected

with uncollected():
    from rollcall.runtime.release_function import handler

__all__ = ["handler"]
