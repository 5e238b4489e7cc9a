"""SnapStart: environments restored from one snapshot must not draw the same random numbers."""

from __future__ import annotations

import random
from contextlib import suppress


def reseed_when_restored() -> None:
    """Seed the random numbers again whenever Lambda restores a snapshot; do nothing elsewhere.

    With the same seed, all copies would wait equally long after a conflict, and would always choose
    the same counter.
    """
    with suppress(ImportError):  # only Lambda's runtime has it
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415

        register_after_restore(random.seed)
