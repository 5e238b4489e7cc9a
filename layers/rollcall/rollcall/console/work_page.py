"""Work: how far it is, and what it made, which is a plan to be looked at or a file to be saved."""

from __future__ import annotations

from collections.abc import Generator

from starlette.responses import HTMLResponse, Response

from rollcall.console.act import ActError, LongPlan
from rollcall.console.view import PageRoute, View
from rollcall.console.work import Work, WorkResult
from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator


def begin_plan(view: View, plan: LongPlan) -> HTMLResponse:
    """Begin to make a plan, and answer with how far it is."""

    def steps(operator: Operator) -> Generator[Progress, None, WorkResult]:
        made = yield from plan.steps(operator)
        told = ["it is known what will be done: look at it, nothing is changed yet"]
        return WorkResult(told, plan=view.console.plans.add(made))

    return view.begun(plan.title, steps)


def show(view: View) -> HTMLResponse:
    """Show all work of this console."""
    return view.page("work.html", "work", {"works": view.console.works.all()})


def show_progress(view: View) -> HTMLResponse:
    """Show how far work is, or what came of it."""
    return view.fragment("progress.html", {"work": _known(view)})


def begin_again(view: View) -> HTMLResponse:
    """Go on with work that failed."""
    work = _known(view)
    if work.expired:
        view.console.workplace.forget_credentials()
    begun = view.console.works.again(work, view.operator, view.console.workplace.choice)
    return view.fragment("progress.html", {"work": begun})


def show_plan(view: View) -> HTMLResponse:
    """Show the plan that work has made, to be carried out once."""
    work = _known(view)
    work.check(view.console.workplace.choice)
    return view.plan(view.console.plans.read(work.plan), work.plan)


def download(view: View) -> Response:
    """Answer with the file that work has made."""
    work = _known(view)
    work.check(view.console.workplace.choice)
    if work.file is None:
        raise ActError("this work has made no file")
    headers = {"Content-Disposition": f'attachment; filename="{work.file.name}"'}
    return Response(work.file.read(), media_type=work.file.media_type, headers=headers)


def _known(view: View) -> Work:
    name = next(iter(view.request.path_params.values()))
    work = view.console.works.find(name)
    if work is None:
        raise ActError("this work is not known any more")
    return work


ROUTES = [
    PageRoute("/work", show),
    PageRoute("/work/{work}", show_progress),
    PageRoute("/work/{work}/again", begin_again, "POST"),
    PageRoute("/work/{work}/plan", show_plan, "POST"),
    PageRoute("/files/{file}", download),
]
