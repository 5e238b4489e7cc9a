"""The Lambda function that goes on, every minute, with what was begun and not finished."""

from rollcall.start import built_engine, uncollected

with uncollected(), built_engine():
    from rollcall.runtime.sweep_function import handler

__all__ = ["handler"]
