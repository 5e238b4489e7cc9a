"""A finding of the check: what the first cycle will do with a person or an account, and why."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from rollcall.reconcile.advice import Advice, AdvisedAct

WEAK = 50
"""The confidence in percent below which a finding is only a hint."""


class Verdict(StrEnum):
    """What the first cycle does with a person, or with an account that matches nobody."""

    DUPLICATED = "will be duplicated"
    AMBIGUOUS = "ambiguous"
    REFUSED = "will be refused"
    PROTECTED = "protected"
    SECOND = "second account"
    LINKED_BY_CASE = "links, differs by case"
    LINKED = "links"
    SKIPPED = "not provisioned"
    PERSON_ONLY = "only in the IdP"
    ACCOUNT_ONLY = "only in the product"


ORDER = tuple(Verdict)


@dataclass(frozen=True)
class Subject:
    """A person or an account of a finding: name, userName and id, and the line of a person."""

    name: str
    user_name: str
    id: str
    line: int | None = None

    @property
    def lines(self) -> list[str]:
        """The name and the userName, one line if they are the same."""
        return list(dict.fromkeys((self.name, self.user_name)))


@dataclass(frozen=True)
class ConflictFinding:
    """A row of the check; `confidence` is in percent."""

    verdict: Verdict
    person: Subject | None
    accounts: tuple[Subject, ...]
    reasons: tuple[str, ...]
    remedy: Advice = field(default_factory=Advice)
    confidence: int = 100
    attention: bool = False

    @property
    def hint(self) -> bool:
        """Whether the finding is only a hint."""
        return self.confidence < WEAK

    @property
    def rank(self) -> int:
        """The position among all findings: attention first, hints last."""
        return (not self.attention) * 10_000 + self.hint * 1_000 + ORDER.index(self.verdict)

    def to_json(self) -> str:
        """Return the finding as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ConflictFinding:
        """Return the finding that `to_json` wrote."""
        raw = json.loads(text)
        person, remedy = raw.pop("person"), raw.pop("remedy")
        return cls(
            verdict=Verdict(raw.pop("verdict")),
            person=None if person is None else Subject(**person),
            accounts=tuple(Subject(**account) for account in raw.pop("accounts")),
            reasons=tuple(raw.pop("reasons")),
            remedy=Advice(
                remedy["customer"],
                remedy["support"],
                tuple(remedy["commands"]),
                tuple(AdvisedAct(**act) for act in remedy["acts"]),
            ),
            **raw,
        )
