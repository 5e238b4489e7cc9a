"""How well an account matches a person, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from rollcall.model.match_keys import Evidence, Source
from rollcall.reconcile.conflicts.conflict_finding import WEAK
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.person import Person
from rollcall.reconcile.conflicts.workspace import KeyMatch, Workspace, local_part_key

SAME_ADDRESS = 95
SAME_NUMBER = 95
SAME_MAILBOX = 90
"""Equal except for a plus-address, dots that the provider ignores, or compatibility letters."""
OTHER_DOMAIN = 80
FOREIGN_DOMAIN = 70
SAME_NAME = 40
"""The confidence in percent that each kind of evidence gives alone."""

_WORDS = {
    Source.EMAIL.value: "an e-mail",
    Source.USER_NAME.value: "the userName",
    Source.FORMER.value: "the userName before the deletion in Entra",
    Source.EMPLOYEE_NUMBER.value: "the employee number",
    Source.NAME.value: "the name",
}


@dataclass
class MatchScore:
    """An account that may belong to a person; `grounds` are sentences with their confidence."""

    number: int
    account: DirectoryAccount
    grounds: dict[str, int] = field(default_factory=dict)
    contradicted: bool = False

    @property
    def confidence(self) -> int:
        """The confidence of all grounds together, in percent; a contradiction halves it."""
        doubt = 1.0
        for confidence in self.grounds.values():
            doubt *= 1 - confidence / 100
        return round((1 - doubt) * 100 * (0.5 if self.contradicted else 1))

    @property
    def weak(self) -> bool:
        """Whether the match is only a hint."""
        return self.confidence < WEAK

    @property
    def reasons(self) -> list[str]:
        """The grounds as sentences, the strongest first, and the contradiction if there is one."""
        sentences = sorted(self.grounds, key=lambda sentence: -self.grounds[sentence])
        return [*sentences, "but the employee numbers differ"] if self.contradicted else sentences


def candidates(workspace: Workspace, person: Person, domains: Collection[str]) -> list[MatchScore]:
    """Return the accounts that may belong to a person, the most likely first.

    `domains` are those of the organisation: the same local part in two of them is one owner.
    """
    scores: dict[int, MatchScore] = {}
    pairs = list(person.evidence())
    number = _canonical(pairs, Source.EMPLOYEE_NUMBER)
    name = _canonical(pairs, Source.NAME)

    def score_of(match: KeyMatch) -> MatchScore:
        if match.number not in scores:
            other = match.account.employee_number()
            differs = number is not None and other is not None and number != other
            scores[match.number] = MatchScore(match.number, match.account, contradicted=differs)
        return scores[match.number]

    for prop, evidence in pairs:
        for match in workspace.matches(evidence.canonical):
            sentence, confidence = _ground(prop, evidence, match)
            grounds = score_of(match).grounds
            # A person has one address under several properties: it counts once.
            if not any(known.startswith(f"`{evidence.value}`") for known in grounds):
                grounds[sentence] = confidence
    for evidence in _addresses(pairs):
        for match in workspace.matches(local_part_key(evidence.canonical) or ""):
            score = scores.get(match.number)
            if score is None or set(score.grounds.values()) <= {SAME_NAME}:
                ground = _other_domain(evidence, match, name, domains)
                if ground is not None:
                    score_of(match).grounds[ground[0]] = ground[1]
    for score in scores.values():
        if score.contradicted and set(score.grounds.values()) <= {SAME_NAME, OTHER_DOMAIN}:
            score.grounds.clear()
    likely = [score for score in scores.values() if score.grounds]
    return sorted(likely, key=lambda score: (-score.confidence, score.number))


def _canonical(pairs: list[tuple[str, Evidence]], source: Source) -> str | None:
    return next((evidence.canonical for _, evidence in pairs if evidence.source is source), None)


def _addresses(pairs: list[tuple[str, Evidence]]) -> Iterator[Evidence]:
    seen = set()
    for _, evidence in pairs:
        if evidence.source is Source.EMAIL and evidence.canonical not in seen:
            seen.add(evidence.canonical)
            yield evidence


def _ground(prop: str, evidence: Evidence, match: KeyMatch) -> tuple[str, int]:
    attribute = _WORDS[match.source]
    if evidence.source is Source.EMPLOYEE_NUMBER:
        return f"`{evidence.value}` is the employee number of both", SAME_NUMBER
    if evidence.source is Source.NAME:
        return f"`{evidence.value}` is the name of both", SAME_NAME
    if evidence.value == match.value:
        return f"`{evidence.value}` ({prop}) is {attribute} of the account", SAME_ADDRESS
    mailbox = f"`{evidence.value}` ({prop}) is the mailbox of `{match.value}`"
    return f"{mailbox}, {attribute} of the account", SAME_MAILBOX


def _other_domain(
    evidence: Evidence, match: KeyMatch, name: str | None, domains: Collection[str]
) -> tuple[str, int] | None:
    """Return the ground for one local part at two domains: both own ones, or with one name."""
    domain, other_domain = (address.rpartition("@")[2] for address in (evidence.value, match.value))
    other_name = match.account.full_name()
    if domain == other_domain or (name and other_name and name != other_name):
        return None
    same_name = name is not None and name == other_name
    sentence = f"`{evidence.value}` and `{match.value}` differ by the domain alone"
    if domain in domains and other_domain in domains:
        return sentence, OTHER_DOMAIN if same_name else FOREIGN_DOMAIN
    return (f"{sentence}, and the names are the same", FOREIGN_DOMAIN) if same_name else None
