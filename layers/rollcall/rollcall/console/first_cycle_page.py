"""Before the first cycle: an export is dropped onto the page, and the check says what will happen.

Each line has the acts that mend it. What was dropped, and what the check wrote, is in a folder of
the person alone until the console ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse

from rollcall.console import duplicate_acts, people_acts, policy_acts, rendering
from rollcall.console.act import Act, ActError, ActResult, chosen
from rollcall.console.cycle_check import CycleCheck, CycleForecast
from rollcall.console.request_check import MAX_UPLOAD
from rollcall.console.view import Answer, PageRoute, Values, View
from rollcall.operations import conflicts
from rollcall.operations.conflicts import (
    SORTS,
    ExternalId,
    FindingQuery,
    IdentityProviderFiles,
    JobSettings,
    Verdict,
)
from rollcall.operations.operator import Operator

SHOWN = 100
"""The lines of a page."""

EVERYTHING = "everything"

ENCODINGS = {
    "": "Unicode",
    "windows-1252": "Western Europe",
    "windows-1250": "Central Europe",
    "windows-1251": "Cyrillic",
    "windows-1253": "Greek",
    "windows-1254": "Turkish",
    "cp932": "Japanese",
    "gb18030": "Chinese",
}
"""The encodings that are offered, in which spreadsheets write CSV."""

COLUMNS = {
    "happens": "What happens",
    "person": "Person",
    "account": "Account",
    "why": "Why",
    "confidence": "Confidence",
    "advice": "What to do",
}
"""The columns of the forecast, by the names of their sorts."""

DOWNLOADS = {
    "customer.html": "first-provisioning-cycle.html",
    "report.html": "first-cycle-for-support.html",
    "report.csv": "first-cycle-for-support.csv",
}
"""The files of a forecast, and what they are called where they are saved."""

MENDING: Mapping[str, Act] = {**duplicate_acts.ACTS, **policy_acts.ACTS, **people_acts.ACTS}
"""The acts that mend lines."""

OLDER = "the forecast is older than this act: check again afterwards"

_MERGED = ("keep", "remove", "deleted")


def show(view: View) -> HTMLResponse:
    """Show the form, and the checks of this tenant that were begun here."""
    works = view.console.works
    checks = [
        (work, check)
        for name, check in view.console.checks.of(view.console.workplace.name, view.tenant)
        if (work := works.find(name)) is not None
    ]
    values = {
        "checks": checks,
        "encodings": ENCODINGS,
        "external_ids": [each.value for each in ExternalId],
        "most": MAX_UPLOAD,
    }
    return view.page("first_cycle.html", "First cycle", values)


def begin(view: View) -> HTMLResponse:
    """Begin the check of dropped files."""
    users, assigned = view.uploads.get("export", ()), view.uploads.get("assigned", ())
    if not users:
        raise ActError("choose the export of the users first")
    if (encoding := view.form.get("encoding", "")) not in ENCODINGS:
        raise ActError("choose one of the encodings that are offered")
    matches = tuple(filter(None, re.split(r"[,\n]", view.form.get("match", ""))))
    external_id = ExternalId.OBJECT_ID
    if "externalId" in view.form:
        external_id = chosen(view.form, "externalId", ExternalId)
    check = CycleCheck(
        view.console.workplace.name,
        view.tenant,
        IdentityProviderFiles(users, next(iter(assigned), None), encoding or None),
        JobSettings(matches, external_id),
        users[0].parent,
    )
    return _begun(view, check)


def again(view: View) -> HTMLResponse:
    """Check the same files again."""
    return _begun(view, replace(_check(view), forecast=None))


def _begun(view: View, check: CycleCheck) -> HTMLResponse:
    work = view.begin(
        f"What the first cycle of {view.tenant} will do",
        f"{view.root}/t/{view.tenant}/first-cycle",
        check.run,
    )
    view.console.checks.add(work.id, check)
    return view.fragment("progress.html", {"work": work})


def show_lines(view: View) -> HTMLResponse:
    """Show what a check found: those first that somebody has to look at, of one kind or all."""
    forecast, query = _forecast(view), _query(view)
    after = view.value("after")
    if after and not re.fullmatch("[0-9]{1,12}", after):
        raise ActError("this is no place in the list: load the page again")
    lines = forecast.lines.page(query, int(after or 0), SHOWN + 1)
    filters = _filters(view)
    sorts = {
        name: urlencode(
            {**filters, "sort": name, "down": "1" if name == query.sort and not _down(view) else ""}
        )
        for name in SORTS
    }
    values = {
        **_values(view, forecast, query),
        "found": lines[:SHOWN],
        "next": urlencode({**filters, "after": lines[SHOWN - 1][0]}) if lines[SHOWN:] else "",
        "address": urlencode(filters),
        "verdict": view.value("verdict"),
        "everything": EVERYTHING,
        "q": view.value("q"),
        "sort": query.sort,
        "down": query.is_descending,
        "sorts": sorts,
        "is_first": not after,
    }
    return view.page("forecast.html", "First cycle", values)


def show_print(view: View) -> Response:
    """Show all lines that the filters select, without what can be pressed."""
    forecast, query = _forecast(view), _query(view)
    values = {
        **_values(view, forecast, query),
        "found": forecast.lines.all(query),
        "root": view.root,
        "tenant": view.tenant,
    }
    return StreamingResponse(
        rendering.stream("forecast_print.html", **values), 200, None, "text/html"
    )


def _download(name: str) -> Answer:
    """Return what answers with a report as a file."""

    def download(view: View) -> Response:
        saved = f"{view.tenant}-{DOWNLOADS[name]}"
        return FileResponse(_forecast(view).reports / name, filename=saved)

    return download


def mend(view: View) -> HTMLResponse:
    """Plan an act that mends a line; when it is carried out, the line says so."""
    forecast = _forecast(view)
    line, number = (int(view.request.path_params[name]) for name in ("line", "number"))
    finding = forecast.lines.read(line)
    if finding is None or number >= len(finding.remedy.acts):
        raise ActError("there is no such act")
    act = finding.remedy.acts[number]
    form = {**act.values, **{name: view.form[name] for name in _MERGED if view.form.get(name)}}
    if act.name == "merge" and form["keep"] == act.values["remove"]:
        form["remove"] = act.values["keep"]
    plan = MENDING[act.name](view.operator, view.tenant, form)

    def carry_out(operator: Operator) -> ActResult:
        result = plan.carry_out(operator)
        forecast.note(line, plan.title)
        return result

    noted = replace(plan, carry_out=carry_out, notes=[*plan.notes, OLDER])
    return view.plan(noted, view.console.plans.add(noted))


def _values(view: View, forecast: CycleForecast, query: FindingQuery) -> Values:
    return {
        "url": f"{view.root}/t/{view.tenant}/first-cycle/{view.request.path_params['check']}",
        "forecast": forecast,
        "file": _check(view).files.name,
        "number": forecast.lines.count(query),
        "columns": COLUMNS,
        "verdicts": [each.value for each in Verdict],
        "tones": {each.value: tone for each, tone in conflicts.TONES.items()},
    }


def _filters(view: View) -> dict[str, str]:
    names = ("verdict", "q", "sort", "down")
    return {name: value for name in names if (value := view.value(name))}


def _down(view: View) -> bool:
    return bool(view.value("down"))


def _query(view: View) -> FindingQuery:
    verdict, sort = view.value("verdict"), view.value("sort") or "happens"
    if sort not in SORTS or verdict not in {"", EVERYTHING, *(each.value for each in Verdict)}:
        raise ActError("lines are not sorted or chosen by that: load the page again")
    is_whole = verdict == EVERYTHING
    kind = "" if is_whole else verdict
    return FindingQuery(kind, view.value("q"), is_whole, sort, _down(view))


def _check(view: View) -> CycleCheck:
    deployment = view.console.workplace.name
    return view.console.checks.read(deployment, view.tenant, view.request.path_params["check"])


def _forecast(view: View) -> CycleForecast:
    forecast = _check(view).forecast
    if forecast is None:
        raise ActError("this check has not ended: wait for it, or drop the export again")
    return forecast


ROUTES = [
    PageRoute("/t/{tenant}/first-cycle", show),
    PageRoute("/t/{tenant}/first-cycle/upload", begin, "POST"),
    PageRoute("/t/{tenant}/first-cycle/{check}", show_lines),
    PageRoute("/t/{tenant}/first-cycle/{check}/again", again, "POST"),
    PageRoute("/t/{tenant}/first-cycle/{check}/print", show_print),
    PageRoute("/t/{tenant}/first-cycle/{check}/lines/{line:int}/{number:int}", mend, "POST"),
    *(
        PageRoute(f"/t/{{tenant}}/first-cycle/{{check}}/{name}", _download(name))
        for name in DOWNLOADS
    ),
]
