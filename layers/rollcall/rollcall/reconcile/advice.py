"""What to do about a finding: by the customer in plain words, by support with commands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """What the customer can do, what support will do then, and the commands for that."""

    customer: str = ""
    support: str = ""
    commands: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.customer or self.support)

    def __str__(self) -> str:
        """All of it as a sentence for support, its commands in backticks."""
        commands = ", or ".join(f"`{each}`" for each in self.commands)
        support = ": ".join(filter(None, (self.support, commands)))
        return "; then ".join(filter(None, (self.customer, support)))
