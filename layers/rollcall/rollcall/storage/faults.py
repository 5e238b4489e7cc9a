"""What does not agree among the items of a tenant."""

from __future__ import annotations

from dataclasses import dataclass

from rollcall.storage.large_change_items import UnfinishedChange
from rollcall.storage.transactions import Action


@dataclass(frozen=True)
class Fault:
    """What does not agree, in a sentence; `mends` is the transaction that mends it.

    What is begun and not finished is to be finished instead; what has neither is for people.
    `unmoved` says that a name is not, or not alone, under a key of this release.
    """

    sentence: str
    repairs: tuple[Action, ...] = ()
    unfinished: UnfinishedChange | None = None
    former_key: bool = False
