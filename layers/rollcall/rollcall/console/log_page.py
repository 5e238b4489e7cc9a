"""The provisioning log of a tenant: filtered, followed, each entry explained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from starlette.responses import HTMLResponse

from rollcall.console.act import ActError
from rollcall.console.view import PageRoute, View
from rollcall.operations import log_explanation, log_reader

DAYS = {"1": "a day", "3": "three days", "7": "a week"}
STATUSES = {"": "all", "2": "done", "4": "refused", "409": "409", "429": "429", "5": "failed"}
"""What is offered: how far back, and which answers by the beginning of their status."""


def show(view: View) -> HTMLResponse:
    """Show the entries of some days, the latest first, about a person or all, from a cursor on."""
    days, status = view.value("days") or "1", view.value("status")
    if days not in DAYS or status not in STATUSES:
        raise ActError("choose what is offered")
    since = datetime.now(UTC) - timedelta(days=int(days))
    query = log_reader.query(view.operator, view.tenant, since, name=view.value("q"), status=status)
    page = log_reader.page(view.operator, query, view.value("before"))
    values = {
        "page": page,
        "remedies": {each.order: log_explanation.remedy(each) for each in page.entries},
        "q": view.value("q"),
        "chosen_days": days,
        "chosen_status": status,
        "days": DAYS,
        "statuses": STATUSES,
        "follow": bool(view.value("follow")) and not view.value("before"),
    }
    return view.page("log.html", "Log", values)


ROUTES = [PageRoute("/t/{tenant}/log", show)]
