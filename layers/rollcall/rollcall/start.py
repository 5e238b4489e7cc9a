"""How a function starts: without garbage collection (decision 0012)."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Make what lives as long as the process: nothing is collected meanwhile, nor looked at later.

    It surrounds the imports of a function and the making of its handler.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
