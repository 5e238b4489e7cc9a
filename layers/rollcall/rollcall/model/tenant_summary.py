"""The summary of a tenant: its state, what it sends, and what needs attention.

Instants are RFC 3339 in UTC, days are dates; each is empty for what has not happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise

URGENCIES = (
    "refused",
    "expired",
    "silent",
    "expiring",
    "limited",
    "duplicates",
    "unconnected",
    "active",
    "disabled",
)
"""What a tenant is listed under, the most urgent first; those before ATTENTION_ENDS need it."""

BRAKE = "brake"
"""Many accounts were disabled or deleted, and nobody has decided: among the most urgent, and before
all others."""

CLOSED = "closed"
"""What a closed tenant needs, and what it is listed under: among the most urgent."""

STATUSES = (BRAKE, CLOSED, *URGENCIES)
"""All that a tenant can be listed under."""

ATTENTION_ENDS = URGENCIES.index("unconnected")

REFUSED_FOR = timedelta(hours=1)
"""How long a refusal stays the last thing before it is told: Entra ID asks every 40 minutes."""

ACCURACY = timedelta(minutes=1)
"""A refusal is after a request that was answered when it is by more than this."""

SOON = timedelta(days=30)
"""How long before its end a token or a secret needs attention."""

HISTORY_DAYS = 60
SILENT_DAYS = 7
SILENT_GAPS = 3
"""A tenant is silent after SILENT_DAYS, and SILENT_GAPS times the longest gap in HISTORY_DAYS."""

_HISTORY = (1 << HISTORY_DAYS) - 1


@dataclass(frozen=True)
class TokenFacts:
    """What is told of a token."""

    id: str
    label: str
    created: str
    expires: str


@dataclass(frozen=True)
class TenantSummary:
    """A tenant as it was when it was last looked at.

    `endings` are the instants at which tokens and client secrets end that have no successor in use;
    `endless` says that a client signs in by a trust, which does not end. `answered` is the last
    request that was signed in, with its `way` and its `credential`. `refused` is the last one that
    was answered with 401 or 403, `refused_since` the first of those after `answered`. `requests`
    are counted by outcome on the day `counted`. `wave` is since when many accounts were disabled,
    as long as no operator has decided about it; `stopped` since when held accounts are not purged
    for the same reason. `active` is the last day with an answered request,
    and `days` has a bit for each of the HISTORY_DAYS up to it. `checked` is when it was last
    compared with the secret of the tenant, `written` when it last changed. `closed` says since when
    a closed tenant is closed, and why.
    """

    tenant: str
    state: str
    created: str
    tokens: tuple[TokenFacts, ...] = ()
    endings: tuple[str, ...] = ()
    endless: bool = False
    answered: str = ""
    way: str = ""
    credential: str = ""
    refused: str = ""
    refused_status: int = 0
    refused_since: str = ""
    counted: str = ""
    requests: Mapping[str, int] = field(default_factory=dict)
    active: str = ""
    days: int = 0
    duplicates: int = 0
    wave: str = ""
    stopped: str = ""
    checked: str = ""
    written: str = ""
    closed: str = ""
    urgency: int = 0
    revision: int = 0

    def expires(self, now: datetime) -> str:
        """Return when the next token or secret ends, empty where none will."""
        return min((each for each in self.endings if _moment(each) > now), default="")

    def needs(self, now: datetime) -> tuple[str, ...]:
        """Return what needs attention, the most urgent first."""
        if self.state == CLOSED:
            return (CLOSED,)
        found = dict(self._problems(now)) if self.state == "active" else {}
        return tuple(each for each in (BRAKE, *URGENCIES) if found.get(each))

    def status(self, now: datetime) -> str:
        """Return what the tenant is listed under: one of URGENCIES, CLOSED or BRAKE."""
        if self.state == CLOSED:
            return CLOSED
        if self.state != "active":
            return "disabled"
        if needs := self.needs(now):
            return needs[0]
        return "active" if self.answered else "unconnected"

    def rank(self, now: datetime) -> int:
        """Return the place of the tenant in the order of urgency."""
        status = self.status(now)
        return 0 if status in (BRAKE, CLOSED) else URGENCIES.index(status)

    def silent_after(self) -> timedelta:
        """Return after how much time without a request the tenant is silent."""
        return max(
            timedelta(days=SILENT_DAYS), SILENT_GAPS * timedelta(days=longest_gap(self.days))
        )

    def _problems(self, now: datetime) -> Iterator[tuple[str, bool]]:
        yield BRAKE, bool(self.wave or self.stopped)
        yield "refused", bool(self.refused_since) and _is_past(self.refused_since, REFUSED_FOR, now)
        ended = [_moment(each) <= now for each in self.endings]
        connected = bool(self.answered)
        yield "expired", not self.endless and all(ended) and (connected or bool(ended))
        yield "silent", connected and _is_past(self.answered, self.silent_after(), now)
        soon = self.expires(now)
        yield "expiring", bool(soon) and _moment(soon) <= now + SOON
        yesterday = (now.date() - timedelta(days=1)).isoformat()
        yield "limited", self.counted >= yesterday and self.requests.get("limited", 0) > 0
        yield "duplicates", self.duplicates > 0


def longest_gap(days: int) -> int:
    """Return the most days from one day with requests to the next; 0 where there is only one."""
    bits = [number for number in range(HISTORY_DAYS) if days >> number & 1]
    return max((later - earlier for earlier, later in pairwise(bits)), default=0)


def with_days(summary: TenantSummary, days: Iterable[str]) -> TenantSummary:
    """Return a summary that knows more days with answered requests."""
    active, known = summary.active, summary.days
    for day in sorted(days):
        if not active:
            active, known = day, 1
            continue
        distance = (date.fromisoformat(day) - date.fromisoformat(active)).days
        if distance >= 0:
            active, known = day, (known << distance & _HISTORY) | 1
        elif -distance < HISTORY_DAYS:
            known |= 1 << -distance
    return replace(summary, active=active, days=known)


def with_refusal(summary: TenantSummary, times: Iterable[str]) -> TenantSummary:
    """Return a summary that says since when the tenant is refused, with the times of refusals."""
    if not summary.refused:
        return summary
    answered = summary.answered and _moment(summary.answered) + ACCURACY
    if answered and _moment(summary.refused) <= answered:
        return replace(summary, refused_since="")
    known = (*times, summary.refused_since, summary.refused)
    later = [each for each in known if each and not (answered and _moment(each) <= answered)]
    return replace(summary, refused_since=min(later))


def _moment(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def _is_past(instant: str, time: timedelta, now: datetime) -> bool:
    return now - _moment(instant) >= time
