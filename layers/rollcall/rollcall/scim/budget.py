"""How much work one request may cause, counted in looks at values instead of time.

Each operation and each stored resource adds to the budget: large requests of plain work succeed,
and few operations that multiply into much work are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

ROOM = 33_000
"""The looks that a request may take beside those of its operations and resources; a look takes up
to 30 µs of the processor, and all of them a second."""

OF_EACH = 300
"""The looks that each operation and each resource adds, about 10 ms."""


@dataclass
class Budget:
    """The looks that a request has left."""

    room: int = ROOM

    def allow(self, looks: int = OF_EACH) -> None:
        """Add the looks of an operation or a resource."""
        self.room += looks

    def spend(self, looks: int) -> bool:
        """Take looks; tell whether there were enough."""
        self.room -= looks
        return self.room >= 0
