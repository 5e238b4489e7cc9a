"""The progress of work that takes long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """The progress of work: `done` of `total` units, such as accounts; None is an unknown total.

    `step` names the current part of the work, such as `deleting`.
    """

    done: int = 0
    total: int | None = None
    unit: str = ""
    step: str = ""

    def __str__(self) -> str:
        """Return the progress as text, such as `deleting users, 1,200 so far`."""
        if not self.unit:
            return self.step
        end = "so far" if self.total is None else f"of {self.total:,}"
        return f"{self.step} {self.unit}, {self.done:,} {end}".lstrip()
