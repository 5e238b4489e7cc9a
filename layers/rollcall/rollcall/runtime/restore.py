"""SnapStart: many environments go on from one snapshot, and must not draw alike from chance."""

from __future__ import annotations

import random
from contextlib import suppress


def reseed_when_restored() -> None:
    """Seed anew whenever Lambda restores a snapshot; elsewhere than on Lambda do nothing.

    Copies that share a state of chance would wait alike after a conflict, and choose the same
    counter, for as long as they live.
    """
    with suppress(ImportError):  # only Lambda's runtime has it
        from snapshot_restore_py import register_after_restore  # noqa: PLC0415

        register_after_restore(random.seed)
