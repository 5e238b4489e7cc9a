"""Before the first cycle: an export is dropped onto the page, and the check says what will happen.

What was dropped, and what the check wrote, is in a folder of the person alone until the command
ends.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, HTMLResponse, Response

from rollcall.console.act import ActError
from rollcall.console.view import PageRoute, View
from rollcall.model.progress import Progress
from rollcall.operations import conflicts
from rollcall.operations.conflicts import IdentityProviderFiles, JobSettings, Verdict
from rollcall.operations.operator import Operator

SHOWN = 500
"""The findings that the page shows; the files have all of them."""

FORMS = {"html": "text/html", "csv": "text/csv"}


def show(view: View) -> HTMLResponse:
    """Show the form, and the checks of this tenant that were begun here."""
    works = {each.id: each for each in view.console.works.all()}
    checks = [
        (works[name], folder)
        for name, folder in reversed(view.console.checks.items())
        if name in works
    ]
    return view.page("first_cycle.html", "First cycle", {"checks": checks})


def begin(view: View) -> HTMLResponse:
    """Begin the check of a dropped file."""
    if view.upload is None or not view.upload.stat().st_size:
        raise ActError("choose the export of the users first")
    folder = view.console.files.new_folder()
    users = view.upload.rename(folder / view.upload.name)
    match = view.form.get("match", "").strip()
    settings = JobSettings((match,) if match else ())
    tenant = view.tenant
    work = view.begin(
        f"What the first cycle of {tenant} will do",
        f"{view.root}/t/{tenant}/first-cycle",
        lambda operator: check(operator, tenant, users, folder, settings),
    )
    view.console.checks[work.id] = folder
    return view.fragment("progress.html", {"work": work})


def check(
    operator: Operator, tenant: str, users: Path, folder: Path, settings: JobSettings
) -> Generator[Progress, None, Sequence[str]]:
    """Check an export, and write what was found into a folder."""
    files = IdentityProviderFiles([users])
    checked = yield from conflicts.check(operator, tenant, files, settings)
    made = f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC"
    with (folder / "report.html").open("w", encoding="utf-8") as stream:
        stream.writelines(conflicts.as_page(checked, users.name, made))
    with (folder / "report.csv").open("w", encoding="utf-8-sig", newline="") as stream:
        conflicts.as_csv(checked, stream)
    with (folder / "report.json").open("w", encoding="utf-8") as stream:
        stream.writelines(conflicts.as_json(checked))
    counts = [f"{checked.counts[each]:,} {each.value}" for each in Verdict if checked.counts[each]]
    return [
        f"{checked.people:,} people, {checked.accounts:,} accounts, {checked.attention:,} to look "
        f"at: {', '.join(counts)}",
        *(f"not checked: {each}" for each in checked.not_checked),
        *(f"line {line} is left out: {reason}" for line, reason in checked.rejected[:20]),
    ]


def show_findings(view: View) -> HTMLResponse:
    """Show what a check found: those first that somebody has to look at, of one kind or all."""
    content: dict[str, Any] = json.loads((_folder(view) / "report.json").read_text("utf-8"))
    verdict, text = view.value("verdict"), view.value("q").casefold()
    found = [
        each
        for each in content["findings"]
        if (each["verdict"] == verdict or (not verdict and each["attention"]))
        and text in json.dumps(each, ensure_ascii=False).casefold()
    ]
    values = {
        "check": view.request.path_params["check"],
        "summary": content["summary"],
        "found": found[:SHOWN],
        "number": len(found),
        "verdicts": [each.value for each in Verdict],
        "tones": {each.value: tone for each, tone in conflicts.TONES.items()},
        "verdict": verdict,
        "q": view.value("q"),
    }
    return view.page("forecast.html", "First cycle", values)


def download(view: View) -> Response:
    """Answer with the report as a file."""
    form = view.request.path_params["form"]
    if form not in FORMS:
        raise ActError("the report is there as html and csv")
    name = f"{view.tenant}-first-cycle.{form}"
    return FileResponse(_folder(view) / f"report.{form}", media_type=FORMS[form], filename=name)


def _folder(view: View) -> Path:
    folder = view.console.checks.get(view.request.path_params["check"])
    if folder is None or not (folder / "report.json").is_file():
        raise ActError("this check is not there: drop the export again")
    return folder


ROUTES = [
    PageRoute("/t/{tenant}/first-cycle", show),
    PageRoute("/t/{tenant}/first-cycle/upload", begin, "POST"),
    PageRoute("/t/{tenant}/first-cycle/{check}", show_findings),
    PageRoute("/t/{tenant}/first-cycle/{check}/report.{form}", download),
]
