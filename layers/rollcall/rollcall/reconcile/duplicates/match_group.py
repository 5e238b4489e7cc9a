"""Accounts that share evidence, found in one ordered pass over it, in constant memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from rollcall.model.match_keys import MatchKey

MAX_ACCOUNTS = 50
"""The accounts with one value that are named; further ones are only counted."""


@dataclass(frozen=True, slots=True)
class MatchGroup:
    """The match keys with one canonical value, of the first MAX_ACCOUNTS accounts.

    `count` is the number of accounts, at least; a pass that continues after this group starts
    after `position`.
    """

    canonical: str
    match_keys: tuple[MatchKey, ...]
    count: int
    position: str

    @property
    def accounts(self) -> frozenset[str]:
        """The ids of the accounts that are named."""
        return frozenset(key.account for key in self.match_keys)


def match_groups(match_keys: Iterable[MatchKey]) -> Iterator[MatchGroup]:
    """Yield a group for each canonical value, from match keys in the order of their position."""
    for canonical, group in groupby(match_keys, key=lambda key: key.evidence.canonical):
        yield _group(canonical, group)


def _group(canonical: str, match_keys: Iterator[MatchKey]) -> MatchGroup:
    named: list[MatchKey] = []
    accounts: set[str] = set()
    most, count = 0, 0
    key, previous = None, None
    for key in match_keys:
        # The keys of one source come in the order of accounts: they are counted without a set.
        if previous is None or previous.evidence.source is not key.evidence.source:
            count = 0
        if count == 0 or previous is None or previous.account != key.account:
            count += 1
        most, previous = max(most, count), key
        if key.account in accounts or len(accounts) < MAX_ACCOUNTS:
            accounts.add(key.account)
            named.append(key)
    assert key is not None  # noqa: S101  # groupby yields no empty groups
    return MatchGroup(canonical, tuple(named), max(most, len(accounts)), key.position)
