"""How much a person of the identity provider looks like an account, and why."""

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
"""Equal but for a plus-address, dots that the provider ignores, or compatibility letters."""
OTHER_DOMAIN = 80
FOREIGN_DOMAIN = 70
SAME_NAME = 40
"""Confidence in percent, each from one kind of evidence alone."""

_WORDS = {
    Source.EMAIL.value: "an e-mail",
    Source.USER_NAME.value: "the userName",
    Source.FORMER.value: "the userName before the deletion in Entra",
    Source.EMPLOYEE_NUMBER.value: "the employee number",
    Source.NAME.value: "the name",
}


@dataclass
class MatchScore:
    """An account that may be a person's: grounds are sentences with their confidence."""

    number: int
    account: DirectoryAccount
    grounds: dict[str, int] = field(default_factory=dict)
    contradicted: bool = False

    @property
    def confidence(self) -> int:
        """All grounds together, in percent; a contradiction halves it."""
        doubt = 1.0
        for each in self.grounds.values():
            doubt *= 1 - each / 100
        return round((1 - doubt) * 100 * (0.5 if self.contradicted else 1))

    @property
    def weak(self) -> bool:
        """Whether it is a hint only."""
        return self.confidence < WEAK

    @property
    def reasons(self) -> list[str]:
        """The grounds as sentences, the strongest first, and what speaks against them."""
        said = sorted(self.grounds, key=lambda each: -self.grounds[each])
        return [*said, "but the employee numbers differ"] if self.contradicted else said


def candidates(ledger: Workspace, person: Person, domains: Collection[str]) -> list[MatchScore]:
    """Return the accounts that look like a person, the likeliest first.

    `domains` are those of the organisation: one local part in two of them is one mailbox's owner.
    """
    found: dict[int, MatchScore] = {}
    every = list(person.evidence())
    number = _canonical(every, Source.EMPLOYEE_NUMBER)
    name = _canonical(every, Source.NAME)

    def at(borne: KeyMatch) -> MatchScore:
        if borne.number not in found:
            theirs = borne.account.employee_number()
            against = number is not None and theirs is not None and number != theirs
            found[borne.number] = MatchScore(borne.number, borne.account, contradicted=against)
        return found[borne.number]

    for prop, evidence in every:
        for borne in ledger.matches(evidence.canonical):
            sentence, confidence = _ground(prop, evidence, borne)
            grounds = at(borne).grounds
            # A person has one address under several properties: it counts once.
            if not any(each.startswith(f"`{evidence.value}`") for each in grounds):
                grounds[sentence] = confidence
    for evidence in _addresses(every):
        for borne in ledger.matches(local_part_key(evidence.canonical) or ""):
            likeness = found.get(borne.number)
            if likeness is None or set(likeness.grounds.values()) <= {SAME_NAME}:
                ground = _other_domain(evidence, borne, name, domains)
                if ground is not None:
                    at(borne).grounds[ground[0]] = ground[1]
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


def _ground(prop: str, evidence: Evidence, borne: KeyMatch) -> tuple[str, int]:
    theirs = _WORDS[borne.source]
    if evidence.source is Source.EMPLOYEE_NUMBER:
        return f"`{evidence.value}` is the employee number of both", SAME_NUMBER
    if evidence.source is Source.NAME:
        return f"`{evidence.value}` is the name of both", SAME_NAME
    if evidence.value == borne.value:
        return f"`{evidence.value}` ({prop}) is {theirs} of the account", SAME_ADDRESS
    said = f"`{evidence.value}` ({prop}) is the mailbox of `{borne.value}`, {theirs} of the account"
    return said, SAME_MAILBOX


def _other_domain(
    evidence: Evidence, borne: KeyMatch, name: str | None, domains: Collection[str]
) -> tuple[str, int] | None:
    """Judge one local part at two domains: it needs the organisation or the name behind it."""
    domain, theirs = (each.rpartition("@")[2] for each in (evidence.value, borne.value))
    their_name = borne.account.full_name()
    if domain == theirs or (name and their_name and name != their_name):
        return None
    both_known = name is not None and name == their_name
    said = f"`{evidence.value}` and `{borne.value}` differ by the domain alone"
    if domain in domains and theirs in domains:
        return said, OTHER_DOMAIN if both_known else FOREIGN_DOMAIN
    return (f"{said}, and the names are the same", FOREIGN_DOMAIN) if both_known else None
