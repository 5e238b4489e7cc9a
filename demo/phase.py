"""One phase of a scenario: its requests and its checks."""

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
    """The requests and checks of a phase; outcomes that are `expected` are not failures."""

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
        """Tell whether the outcome of a request is not the expected one."""
        return bool(exchange.flaws) or exchange.outcome not in {Outcome.FINE, *self.expected}

    @property
    def mishaps(self) -> list[str]:
        """The requests with unexpected outcomes, as sentences."""
        return [
            f"{one.method} {one.path}: {one.status or 'no answer'}, {one.outcome}; {one.trouble}"
            for one in self.exchanges
            if self.bad(one)
        ]

    @property
    def failures(self) -> list[str]:
        """All problems of the phase, as sentences."""
        return self.mishaps + [check.sentence for check in self.checks if not check.passed]
