"""How much work one request may ask for, counted in looks at values and not in time.

What a request legitimately touches brings its own: an operation, a stored resource. So large
requests of plain work go through, and few operations that multiply into much do not.
"""

from __future__ import annotations

from dataclasses import dataclass

ROOM = 33_000
"""The looks that a request may take beside those of its operations and resources; a look takes up
to 30 µs of the processor, and all of them a second."""

OF_EACH = 300
"""The looks that each operation and each resource brings, about 10 ms."""


@dataclass
class Budget:
    """What is left of a request's looks."""

    room: int = ROOM

    def allow(self, looks: int = OF_EACH) -> None:
        """Add what an operation or a resource brings."""
        self.room += looks

    def spend(self, looks: int) -> bool:
        """Take looks; tell whether they were there."""
        self.room -= looks
        return self.room >= 0
