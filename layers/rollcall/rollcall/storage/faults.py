"""Faults: items of a tenant that do not agree with each other."""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.storage.large_change_items import UnfinishedChange
from rollcall.storage.transactions import Action


@dataclass(frozen=True)
class Fault:
    """A fault in one sentence; `repairs` is the transaction that repairs it.

    An `unfinished` change is to be finished instead; a fault with neither is for people.
    `former_key` says that a name is also, or only, stored under a key of an earlier release.
    """

    sentence: str
    repairs: tuple[Action, ...] = ()
    unfinished: UnfinishedChange | None = None
    former_key: bool = False
