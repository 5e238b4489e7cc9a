"""The provisioning log of a tenant: filtered, followed, and each entry explained."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from rollcall.console.view import PageRoute, Values, View
from rollcall.operations import log_explanation, log_reader, object_connection
from rollcall.operations.log_reader import LogEntry, LogFollower
from rollcall.operations.object_connection import LIST_JOBS, SynchronizationJobError
from rollcall.operator_error import OperatorError

SPANS = {"1": "a day", "3": "three days", "7": "a week", "30": "30 days", "90": "90 days"}
STATUSES = {"": "all", "2": "done", "4": "refused", "409": "409", "429": "429", "5": "failed"}
"""What is offered: how far back, and which answers by the beginning of their status."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "operator")
FILTERS = ("status", "method", "q", "text", "days", "until")


class LogFilterError(OperatorError):
    """A filter that was entered is none."""


def show(view: View) -> HTMLResponse:
    """Show a page of the entries that the filters select."""
    return view.page("log.html", "Log", _values(view))


def show_new(view: View) -> HTMLResponse:
    """Answer with the rows that are new; what prevents it takes the place of what asks for them."""
    try:
        follower = view.console.followed.read(view.value("log"))
        entries = list(follower.new())
    except OperatorError as error:
        answer = view.problem(error)
        answer.headers.update({"HX-Retarget": "#following", "HX-Reswap": "outerHTML"})
        return answer
    return view.fragment("log_rows.html", {**_rows(view, reversed(entries)), "tenant": view.tenant})


def remember_job(view: View) -> HTMLResponse:
    """Remember the tenant's provisioning job on this machine, and fill it into the calls."""
    principal, job = (view.form.get(name, "").strip() for name in ("principal", "job"))
    try:
        parsed = object_connection.parse(principal, job)
    except SynchronizationJobError as error:
        return view.page("log.html", "Log", {**_values(view), "error": str(error)})
    view.console.jobs.write(view.console.workplace.name, view.tenant, parsed)
    return show(view)


def _values(view: View) -> Values:
    filters = {name: value for name in FILTERS if (value := view.value(name))}
    now = datetime.now(UTC)
    until = _until(filters.get("until", ""), now)
    since = until - timedelta(days=int(_one_of(filters.get("days", "1"), SPANS)))
    before = view.value("before") or until.isoformat()
    page = log_reader.page(
        view.operator,
        view.tenant,
        since,
        _cursor(before),
        name=filters.get("q", ""),
        status=_one_of(filters.get("status", ""), STATUSES),
        method=_one_of(filters.get("method", ""), ("", *METHODS)),
        text=filters.get("text", ""),
    )
    following = ""
    if view.value("follow") and not view.value("before"):
        follower = LogFollower(view.operator, page.query, page.entries)
        following = view.console.followed.add(follower)
    return {
        **_rows(view, page.entries),
        "page": page,
        "filters": filters,
        "address": urlencode(filters),
        "next": urlencode({**filters, "before": page.rest}) if page.rest else "",
        "following": following,
        "is_latest": not filters.get("until") and not view.value("before"),
        "statuses": STATUSES,
        "methods": METHODS,
        "spans": SPANS,
        "days_a_page": log_reader.DAYS_BEFORE + 1,
        "looked_at": log_reader.LOOKED_AT,
        "list_jobs": LIST_JOBS,
        "error": "",
    }


def _rows(view: View, entries: Iterable[LogEntry]) -> Values:
    explained = [(entry, log_explanation.explain(entry)) for entry in entries]
    return {"rows": explained, "synchronization": view.synchronization(view.tenant)}


def _until(text: str, now: datetime) -> datetime:
    if not text:
        return now
    try:
        until = datetime.fromisoformat(text)
    except ValueError as error:
        raise LogFilterError("up to when: a day and a time, as in 2026-11-27T14:00") from error
    return until.replace(tzinfo=UTC)


def _cursor(before: str) -> str:
    try:
        datetime.fromisoformat(before.partition("#")[0])
    except ValueError as error:
        raise LogFilterError("this is no place in the log: load the page again") from error
    return before


def _one_of(value: str, choices: Iterable[str]) -> str:
    if value not in choices:
        raise LogFilterError(f"`{value}` is none of what can be chosen")
    return value


ROUTES = [
    PageRoute("/t/{tenant}/log", show),
    PageRoute("/t/{tenant}/log/new", show_new),
    PageRoute("/t/{tenant}/log/job", remember_job, "POST"),
]
