"""What a tenant needs, in words: in the list, and in the weekly message to operators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollcall.model.tenant_summary import BRAKE, CLOSED, TenantSummary, longest_gap

TOLD_WEEKLY = frozenset({"refused", "silent"})
"""What the weekly message is about; what expires and duplicates have messages of their own."""

MOST_TOLD = 100
"""How many tenants a message names."""


@dataclass(frozen=True)
class WeeklyMessage:
    """A message about the tenants from which nothing is heard any more."""

    subject: str
    text: str
    tenants: int


def sentences(summary: TenantSummary, now: datetime) -> list[str]:
    """Return a sentence for each thing that a tenant needs, the most urgent first."""
    return [_SENTENCES[need](summary, now) for need in summary.needs(now)]


def weekly(summaries: Iterable[TenantSummary], now: datetime) -> WeeklyMessage | None:
    """Return the message about all tenants that are refused or silent, None without one."""
    lines = list[str]()
    number = 0
    for summary in summaries:
        needs = [need for need in summary.needs(now) if need in TOLD_WEEKLY]
        number += bool(needs)
        if needs and number <= MOST_TOLD:
            lines += [f"{summary.tenant}: {_SENTENCES[need](summary, now)}" for need in needs]
    if not number:
        return None
    if number > MOST_TOLD:
        lines.append(f"And {number - MOST_TOLD} more: rollcall tenants list")
    subject = f"Rollcall: nothing is heard from {number} tenant{'s' * (number != 1)}"
    return WeeklyMessage(subject, "\n\n".join(lines), number)


def _closed(summary: TenantSummary, now: datetime) -> str:
    return f"it is closed for its clients, {summary.closed}."


def _refused(summary: TenantSummary, now: datetime) -> str:
    return (
        f"its requests have been refused with {summary.refused_status} since "
        f"{summary.refused_since}. In Entra ID open the application, Provisioning, and test the "
        "connection: the token or secret that is entered there is probably not valid any more. "
        f"`rollcall tokens list {summary.tenant}` shows those that are, `rollcall handover "
        f"{summary.tenant}` makes another. Restart a job that is in quarantine."
    )


def _brake(summary: TenantSummary, now: datetime) -> str:
    what = f"many of its accounts were disabled within an hour, since {summary.wave}"
    if not summary.wave:
        what = f"so many of its accounts were deleted that none is purged since {summary.stopped}"
    return f"{what}: `rollcall brake show {summary.tenant}`."


def _expired(summary: TenantSummary, now: datetime) -> str:
    return (
        "none of its tokens and client secrets is valid any more: "
        f"`rollcall handover {summary.tenant}` makes another."
    )


def _silent(summary: TenantSummary, now: datetime) -> str:
    days = (now - datetime.fromisoformat(summary.answered)) // timedelta(days=1)
    gap = longest_gap(summary.days)
    return (
        f"it has sent nothing for {days} days, since {summary.answered}; before, it paused for "
        f"{gap} day{'s' * (gap != 1)} at most. In Entra ID open the application, Provisioning: is "
        "the status on, is the job in quarantine, has a cycle ended lately, is anybody assigned? "
        "On days on which nobody changes, Entra ID sends nothing."
    )


def _expiring(summary: TenantSummary, now: datetime) -> str:
    return f"a token or secret in use expires on {summary.expires(now)[:10]}, without a successor."


def _limited(summary: TenantSummary, now: datetime) -> str:
    return (
        f"{summary.requests['limited']} of its requests on {summary.counted} were beyond its rate: "
        f"`rollcall tenants rate {summary.tenant}`."
    )


def _duplicates(summary: TenantSummary, now: datetime) -> str:
    number = summary.duplicates
    return (
        f"{number} {'people have' if number != 1 else 'person has'} several accounts: "
        f"`rollcall duplicates list {summary.tenant}`."
    )


_SENTENCES: Mapping[str, Callable[[TenantSummary, datetime], str]] = {
    CLOSED: _closed,
    BRAKE: _brake,
    "refused": _refused,
    "expired": _expired,
    "silent": _silent,
    "expiring": _expiring,
    "limited": _limited,
    "duplicates": _duplicates,
}
