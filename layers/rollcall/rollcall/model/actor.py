"""Who causes a write: stored in the items that it writes, for change events and logs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """The request that causes a write, and whose it is: `token:<id>` or `operator:<name>`.

    `reason` is why an operator does it, which only the log keeps.
    """

    request: str = ""
    actor: str = ""
    reason: str = ""

    @property
    def token(self) -> str:
        """The id of the token, empty where no token acts."""
        return self.actor.removeprefix("token:") if self.actor.startswith("token:") else ""

    @property
    def item(self) -> dict[str, str]:
        """The actor as the attribute `origin` of an item."""
        return {"request": self.request, "actor": self.actor}
