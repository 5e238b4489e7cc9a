"""The brake: how many accounts may be disabled, or deleted, within an hour before it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rollcall.scim.instant import instant

WINDOW = timedelta(hours=1)
"""The time within which accounts are counted: the hour before the latest of them."""

AT_LEAST = 10
"""Fewer accounts are never too many."""

ONE_IN = 5
"""More than one account in so many are too many: 20 %."""

MAX_OFF = timedelta(days=7)
"""How long the brake may be off for planned work."""


def is_too_many(number: int, accounts: int) -> bool:
    """Tell whether so many of a tenant's linked accounts are too many within WINDOW."""
    return number >= AT_LEAST and number * ONE_IN > accounts


def counted_since(latest: str, decided: str = "") -> str:
    """Return from which instant on accounts are counted, up to the latest one.

    After a decision about a wave it is counted anew.
    """
    return max(instant(datetime.fromisoformat(latest) - WINDOW), decided)


def counted_until(time: str) -> str:
    """Return until which instant accounts may count together with one of an instant."""
    return instant(datetime.fromisoformat(time) + WINDOW)


@dataclass(frozen=True)
class Disabled:
    """A user who was disabled, or deleted while active: when, and whether by a client.

    `fingerprint` tells whether the account was changed since; it is empty for one that was deleted.
    """

    user: str
    time: str
    by_client: bool
    fingerprint: str

    @property
    def deleted(self) -> bool:
        """Whether the user was deleted."""
        return not self.fingerprint


def fullest_hour(disabled: Iterable[Disabled], since: str) -> Mapping[str, Disabled]:
    """Return the most users who were disabled within one WINDOW that ends at `since` or later.

    They come, and are returned, in the order of time; who was disabled twice is there once.
    """
    fullest: dict[str, Disabled] = {}
    hour: dict[str, Disabled] = {}
    for each in disabled:
        hour.pop(each.user, None)
        hour[each.user] = each
        begin = counted_since(each.time)
        for user in [user for user, other in hour.items() if other.time < begin]:
            del hour[user]
        if each.time >= since and len(hour) >= len(fullest):
            fullest = dict(hour)
    return fullest


class WaveState(StrEnum):
    """What was decided about a wave; until then it is open."""

    OPEN = "open"
    ENABLED = "enabled"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class Wave:
    """Many accounts that clients disabled within an hour; `number` names it within its tenant.

    `began` and `latest` are the instants of the first and the last account. `disabled` of `linked`
    accounts were disabled when it was noticed. `told` is when support was told of it, `decided`
    when an operator, `actor`, decided about it, `enablings` when operators began to enable its
    accounts.
    """

    number: int
    began: str
    latest: str
    disabled: int
    linked: int
    told: str = ""
    state: WaveState = WaveState.OPEN
    decided: str = ""
    actor: str = ""
    enablings: Sequence[str] = ()

    def goes_on(self, time: str) -> bool:
        """Tell whether an account that is disabled at an instant belongs to the wave."""
        return self.state is WaveState.OPEN and counted_since(time) <= self.latest

    def was_enabled_between(self, first: str, second: str) -> bool:
        """Tell whether an operator began to enable its accounts between two instants."""
        return any(first <= each < second for each in self.enablings)


@dataclass(frozen=True)
class BrakeSwitch:
    """Since when and until when the brake of a tenant is off for planned work, and by whom.

    What happens in that time does not count, then or afterwards.
    """

    since: str = ""
    until: str = ""
    actor: str = ""

    def is_off(self, time: str) -> bool:
        """Tell whether the brake is, or was, off at an instant."""
        return self.since <= time < self.until
