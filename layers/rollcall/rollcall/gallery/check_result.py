"""What a check found: one outcome for each of the validator's tests, and what did not match."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What the validator would say of a test."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"
    NOT_TRIED = "not tried"


class Origin(StrEnum):
    """Where Microsoft makes the test."""

    DIRECT = "direct"
    """The validator of the gallery sends these requests itself."""

    ENTRA = "Entra"
    """The validator changes something in Entra, and Entra's job sends the requests."""

    WEB = "web"
    """The SCIM Validator on the web sends these requests."""


@dataclass(frozen=True)
class Mismatch:
    """One thing that is not as Microsoft expects it."""

    attribute: str
    sent: str
    received: str
    expected: str

    @property
    def sentence(self) -> str:
        """Return the mismatch as one sentence."""
        return f"{self.attribute}: {self.sent}, {self.received}; Microsoft expects {self.expected}."


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one test; `reason` says why it was skipped or not tried."""

    name: str
    origin: Origin
    mandatory: bool
    outcome: Outcome
    mismatches: tuple[Mismatch, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class CheckReport:
    """The results of all tests, and what was created and could not be deleted."""

    url: str
    run: str
    results: tuple[CheckResult, ...]
    leftovers: tuple[str, ...]

    @property
    def failed(self) -> int:
        """Return how many mandatory tests failed."""
        return sum(result.outcome is Outcome.FAILED for result in self.results)

    @property
    def signed_in(self) -> bool:
        """Tell whether one of the two sign-in tests passed: the validator wants one of them."""
        return any(
            result.outcome is Outcome.PASSED for result in self.results if result.name in SIGN_IN
        )

    @property
    def succeeded(self) -> bool:
        """Tell whether the overall result of the validator would be "Succeeded"."""
        tried = all(
            result.outcome is not Outcome.NOT_TRIED
            for result in self.results
            if result.mandatory and result.name not in SIGN_IN
        )
        return tried and not self.failed and self.signed_in


VALIDATE_CREDENTIALS = "Validate_Credentials_Test"
FEDERATED_IDENTITY = "Federated_Identity_Test"
SIGN_IN = (VALIDATE_CREDENTIALS, FEDERATED_IDENTITY)


class CheckError(Exception):
    """A test cannot go on after a mismatch."""

    def __init__(self, mismatch: Mismatch) -> None:
        super().__init__(mismatch.sentence)
        self.mismatch = mismatch


class SkippedCheckError(Exception):
    """A test does not apply to the server or to the credentials; the message says why."""

    def __init__(self, reason: str, outcome: Outcome = Outcome.SKIPPED) -> None:
        super().__init__(reason)
        self.outcome = outcome
