"""How a function starts: without garbage collection (decision 0012)."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch garbage collection off in a block, and exclude its objects from later collections.

    It surrounds the imports of a function and the creation of its handler, whose objects live as
    long as the process.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
