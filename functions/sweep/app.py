"""The Lambda function that goes on, every minute, with what was begun and not finished."""

from rollcall.start import built_parser, uncollected

with uncollected(), built_parser():
    from rollcall.runtime.sweep_function import handler

__all__ = ["handler"]
