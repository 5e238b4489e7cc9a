"""Advice on a finding: what the customer does, and what support does with which commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AdvisedAct:
    """An act that a piece of advice is about, by its name in the console, and its values."""

    name: str
    label: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Advice:
    """What the customer does, what support does then, and the commands and acts for it."""

    customer: str = ""
    support: str = ""
    commands: tuple[str, ...] = ()
    acts: tuple[AdvisedAct, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.customer or self.support)

    def __str__(self) -> str:
        """The advice as one sentence, with its commands in backticks."""
        commands = ", or ".join(f"`{each}`" for each in self.commands)
        support = ": ".join(filter(None, (self.support, commands)))
        return "; then ".join(filter(None, (self.customer, support)))
