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
        for each in self.grounds.values():
            doubt *= 1 - each / 100
        return round((1 - doubt) * 100 * (0.5 if self.contradicted else 1))

    @property
    def weak(self) -> bool:
        """Whether the match is only a hint."""
        return self.confidence < WEAK

    @property
    def reasons(self) -> list[str]:
        """The grounds as sentences, the strongest first, and the contradiction if there is one."""
        said = sorted(self.grounds, key=lambda each: -self.grounds[each])
        return [*said, "but the employee numbers differ"] if self.contradicted else said


def candidates(workspace: Workspace, person: Person, domains: Collection[str]) -> list[MatchScore]:
    """Return the accounts that may belong to a person, the most likely first.

    `domains` are those of the organisation: the same local part in two of them is one owner.
    """
    found: dict[int, MatchScore] = {}
    every = list(person.evidence())
    number = _canonical(every, Source.EMPLOYEE_NUMBER)
    name = _canonical(every, Source.NAME)

    def at(match: KeyMatch) -> MatchScore:
        if match.number not in found:
            theirs = match.account.employee_number()
            against = number is not None and theirs is not None and number != theirs
            found[match.number] = MatchScore(match.number, match.account, contradicted=against)
        return found[match.number]

    for prop, evidence in every:
        for match in workspace.matches(evidence.canonical):
            sentence, confidence = _ground(prop, evidence, match)
            grounds = at(match).grounds
            # A person has one address under several properties: it counts once.
            if not any(each.startswith(f"`{evidence.value}`") for each in grounds):
                grounds[sentence] = confidence
    for evidence in _addresses(every):
        for match in workspace.matches(local_part_key(evidence.canonical) or ""):
            score = found.get(match.number)
            if score is None or set(score.grounds.values()) <= {SAME_NAME}:
                ground = _other_domain(evidence, match, name, domains)
                if ground is not None:
                    at(match).grounds[ground[0]] = ground[1]
    for each in found.values():
        if each.contradicted and set(each.grounds.values()) <= {SAME_NAME, OTHER_DOMAIN}:
            each.grounds.clear()
    likely = [each for each in found.values() if each.grounds]
    return sorted(likely, key=lambda each: (-each.confidence, each.number))


def _canonical(every: list[tuple[str, Evidence]], source: Source) -> str | None:
    return next((each.canonical for _, each in every if each.source is source), None)


def _addresses(every: list[tuple[str, Evidence]]) -> Iterator[Evidence]:
    seen = set()
    for _, each in every:
        if each.source is Source.EMAIL and each.canonical not in seen:
            seen.add(each.canonical)
            yield each


def _ground(prop: str, evidence: Evidence, match: KeyMatch) -> tuple[str, int]:
    theirs = _WORDS[match.source]
    if evidence.source is Source.EMPLOYEE_NUMBER:
        return f"`{evidence.value}` is the employee number of both", SAME_NUMBER
    if evidence.source is Source.NAME:
        return f"`{evidence.value}` is the name of both", SAME_NAME
    if evidence.value == match.value:
        return f"`{evidence.value}` ({prop}) is {theirs} of the account", SAME_ADDRESS
    said = f"`{evidence.value}` ({prop}) is the mailbox of `{match.value}`, {theirs} of the account"
    return said, SAME_MAILBOX


def _other_domain(
    evidence: Evidence, match: KeyMatch, name: str | None, domains: Collection[str]
) -> tuple[str, int] | None:
    """Return the ground for one local part at two domains: own domains or the same name."""
    domain, theirs = (each.rpartition("@")[2] for each in (evidence.value, match.value))
    their_name = match.account.full_name()
    if domain == theirs or (name and their_name and name != their_name):
        return None
    both_known = name is not None and name == their_name
    said = f"`{evidence.value}` and `{match.value}` differ by the domain alone"
    if domain in domains and theirs in domains:
        return said, OTHER_DOMAIN if both_known else FOREIGN_DOMAIN
    return (f"{said}, and the names are the same", FOREIGN_DOMAIN) if both_known else None
