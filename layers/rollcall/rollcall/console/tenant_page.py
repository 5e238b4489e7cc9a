"""A tenant: what it sends and is refused, how it signs in, and what its policies are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.responses import HTMLResponse

from rollcall.console import plot, policy_acts, sign_in_acts
from rollcall.console.view import PageRoute, View
from rollcall.operations import tenant_activity
from rollcall.operations.link_policies import AbsentMembers, LinkRule
from rollcall.operations.tenant_activity import OUTCOMES, SHOWN, UsageHour


def show(view: View) -> HTMLResponse:
    """Show a tenant."""
    found, now = tenant_activity.read(view.operator, view.tenant), datetime.now(UTC)
    hours = last_hours(now)
    by_hour = {each.hour: each for each in found.hours}
    bars = [by_hour.get(hour, UsageHour(hour)).requests for hour in hours]
    return view.page(
        "tenant.html",
        "Overview",
        {
            "found": found,
            "plot": plot.stacked(bars, OUTCOMES),
            "outcomes": OUTCOMES,
            "hours": [f"{hour}:00:00Z" for hour in hours],
            "sent": [(f"{each.hour}:00:00Z", each.requests) for each in reversed(found.hours)],
            "now": now.isoformat(),
            "rules": list(LinkRule),
            "absent_rules": list(AbsentMembers),
        },
    )


def last_hours(now: datetime) -> list[str]:
    """Return the hours that are shown, the earliest first, as those of usage are named."""
    count = SHOWN // timedelta(hours=1)
    return [(now - timedelta(hours=back)).isoformat()[:13] for back in reversed(range(count))]


ROUTES = [PageRoute("/t/{tenant}/", show)]
ACTS = {**sign_in_acts.ACTS, **policy_acts.ACTS}
