"""Which accounts share evidence: one ordered pass over it, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from rollcall.model.match_keys import MatchKey

MAX_ACCOUNTS = 50
"""How many accounts with one value are held and named; others are counted."""


@dataclass(frozen=True, slots=True)
class MatchGroup:
    """All clues of one canonical value, those of the first MAX_ACCOUNTS accounts.

    `count` is how many accounts there are at least; a pass that is to go on behind this group
    begins after `position`.
    """

    canonical: str
    match_keys: tuple[MatchKey, ...]
    count: int
    position: str

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that are held."""
        return frozenset(each.account for each in self.match_keys)


def match_groups(clues: Iterable[MatchKey]) -> Iterator[MatchGroup]:
    """Yield a group for each canonical value, in order, from clues in the order of position."""
    for canonical, same in groupby(clues, key=lambda each: each.evidence.canonical):
        yield _group(canonical, same)


def _group(canonical: str, clues: Iterator[MatchKey]) -> MatchGroup:
    held: list[MatchKey] = []
    accounts: set[str] = set()
    most, count, before = 0, 0, None
    last = None
    for last in clues:
        # Under one source the accounts are in order, so that they are counted without being held.
        source = last.evidence.source
        if before is None or before.evidence.source is not source:
            count = 0
        if count == 0 or before is None or before.account != last.account:
            count += 1
        most, before = max(most, count), last
        if last.account in accounts or len(accounts) < MAX_ACCOUNTS:
            accounts.add(last.account)
            held.append(last)
    assert last is not None  # noqa: S101  # groupby yields no empty groups
    return MatchGroup(canonical, tuple(held), max(most, len(accounts)), last.position)
