"""One phase of a scenario: what was sent, and what had to be true of it."""

from dataclasses import dataclass, field

from demo.cycle import Cycle
from demo.target import Exchange
from demo.verdict import Outcome


@dataclass(frozen=True)
class Check:
    """A sentence about the service, and whether it is true."""

    sentence: str
    passed: bool


@dataclass
class Phase:
    """The requests of a phase and its checks; `expected` outcomes are part of the story."""

    title: str
    story: str
    exchanges: list[Exchange] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    expected: frozenset[Outcome] = frozenset()

    def play(self, cycle: Cycle) -> Cycle:
        """Add the requests of a cycle."""
        self.exchanges += cycle.exchanges
        return cycle

    def check(self, sentence: str, passed: bool) -> None:
        """Add a check."""
        self.checks.append(Check(sentence, passed))

    def bad(self, exchange: Exchange) -> bool:
        """Tell whether a request of this phase went otherwise than the story has it."""
        return bool(exchange.flaws) or exchange.outcome not in {Outcome.FINE, *self.expected}

    @property
    def mishaps(self) -> list[str]:
        """Every request that went otherwise than the story has it, in words."""
        return [
            f"{one.method} {one.path}: {one.status or 'no answer'}, {one.outcome}; {one.trouble}"
            for one in self.exchanges
            if self.bad(one)
        ]

    @property
    def failures(self) -> list[str]:
        """Everything that is not as Entra needs it, in words."""
        return self.mishaps + [check.sentence for check in self.checks if not check.passed]
