"""The brake: a wave of disabled accounts with what to do about it, and deletions that wait."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from rollcall.console import brake_acts, held_acts
from rollcall.console.act import ActError
from rollcall.console.view import PageRoute, View
from rollcall.operations import brake_overview
from rollcall.operations.brake_overview import PAGE
from rollcall.operations.disable_waves import STOP


def show(view: View) -> HTMLResponse:
    """Show the brake of a tenant, with one of its waves, the latest without a choice."""
    found = brake_overview.read(
        view.operator,
        view.tenant,
        _number(view, "wave"),
        first=_number(view, "first") or 0,
        begin=view.value("begin"),
        after=view.value("after"),
    )
    values = {"found": found, "stop": STOP, "size": PAGE}
    values["synchronization"] = view.synchronization(view.tenant)
    return view.page("brake.html", "Brake", values)


def _number(view: View, name: str) -> int | None:
    text = view.value(name)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ActError(f"{name} is a number, not {text}")
    return int(text)


ROUTES = [PageRoute("/t/{tenant}/brake", show)]
ACTS = {**brake_acts.ACTS, **held_acts.ACTS}
