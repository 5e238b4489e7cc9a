"""The result of one cycle of a provisioning job: its requests and its problems."""

from collections.abc import Callable
from dataclasses import dataclass, field

from demo.target import Exchange, Refused
from demo.verdict import Outcome


@dataclass(frozen=True)
class Problem:
    """An object that a cycle could not update."""

    object_id: str
    outcome: Outcome
    detail: str


@dataclass
class Cycle:
    """The requests of a cycle in order, and the objects that it failed for."""

    name: str
    exchanges: list[Exchange]
    problems: list[Problem] = field(default_factory=list)
    quarantined: bool = False

    @property
    def writes(self) -> list[Exchange]:
        """The requests that write."""
        return [exchange for exchange in self.exchanges if exchange.write]

    @property
    def good(self) -> bool:
        """Whether every request had the result that Entra needs."""
        return not self.problems and all(exchange.good for exchange in self.exchanges)

    def attempt(self, object_id: str, act: Callable[[], object]) -> None:
        """Act for one object; a refusal is a problem of this object only, unless it stops the job.

        An object that has failed in this cycle is left alone for the rest of it.
        """
        if self.quarantined or any(problem.object_id == object_id for problem in self.problems):
            return
        try:
            act()
        except Refused as refused:
            exchange = refused.exchange
            self.problems.append(Problem(object_id, exchange.outcome, exchange.trouble))
            self.quarantined = exchange.outcome is Outcome.QUARANTINE
