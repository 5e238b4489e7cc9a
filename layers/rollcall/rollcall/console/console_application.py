"""The console as an ASGI application: the sign-in, pages and acts."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from shutil import copyfileobj, rmtree
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from rollcall.console import (
    brake_page,
    deployments_page,
    duplicates_page,
    first_cycle_page,
    kept_files,
    log_page,
    notes_page,
    people_page,
    rendering,
    templates_page,
    tenant_page,
    tenants_page,
    work_page,
)
from rollcall.console.act import Act, ActError, LongAct, LongPlan
from rollcall.console.request_check import UPLOADS, RequestCheck
from rollcall.console.view import OF_ANOTHER, ConsoleState, MissingPageError, PageRoute, View
from rollcall.console.workplace import WorkplaceError
from rollcall.operations import failures
from rollcall.operations.operator import ReasonError
from rollcall.operator_error import OperatorError

_PAGES = (
    tenants_page,
    tenant_page,
    notes_page,
    duplicates_page,
    people_page,
    templates_page,
    brake_page,
    log_page,
    first_cycle_page,
    work_page,
    deployments_page,
)

ACTS: Mapping[str, Act | LongAct] = dict(
    chain.from_iterable(getattr(page, "ACTS", {}).items() for page in _PAGES)
)

FAULT = (
    "This is a fault of Rollcall. The terminal in which the console runs shows its stack; what was "
    "asked for may have been done: look before you try again.\n"
)

MAX_FILES = 100
"""How many files may be dropped at once: the pages of an answer."""

BROKEN_OFF = "The request broke off, or took longer than a minute to arrive: nothing was done.\n"


class TenantNames(Convertor[str]):
    """What a path may have as the name of a tenant: no other text gets to a page."""

    regex = "[a-z0-9-]{1,40}"

    def convert(self, value: str) -> str:
        """Return the name in a path."""
        return value

    def to_string(self, value: str) -> str:
        """Return a name as a path has it."""
        return value


register_url_convertor("tenant", TenantNames())


def application(state: ConsoleState) -> ASGIApp:
    """Return the console. The check is around all of it, also around the answer to a fault."""
    routes = [
        Route("/", _sign_in_page, methods=["GET"]),
        Route("/sign-in", _sign_in(state), methods=["POST"]),
    ]
    for route in ROUTES:
        path = route.path.replace("{tenant}", "{tenant:tenant}")
        path = f"{state.sign_in.path}{path}"
        routes.append(Route(path, _endpoint(state, route), methods=[route.method]))
    pages = Starlette(
        routes=routes,
        exception_handlers={
            HTTPStatus.NOT_FOUND: _missing(state),
            ClientDisconnect: _end_broken_off,
            Exception: _show_fault,
        },
    )
    return RequestCheck(pages, state.sign_in, rendering.policy())


async def _sign_in_page(_: Request) -> Response:
    return HTMLResponse(rendering.render("sign_in.html"))


def _sign_in(state: ConsoleState) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def sign_in(request: Request) -> Response:
        code = (await request.body()).decode(errors="replace")
        value = state.sign_in.open(code)
        if value is None:
            return PlainTextResponse("The link has been used, or is older than a minute.\n", 403)
        answer = JSONResponse({"path": f"{state.sign_in.path}/"})
        answer.set_cookie(
            state.sign_in.cookie,
            value,
            path=f"{state.sign_in.path}/",
            httponly=True,
            samesite="strict",
        )
        return answer

    return sign_in


def _endpoint(
    state: ConsoleState, route: PageRoute
) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    def answer(view: View) -> Response:
        try:
            if view.is_of_another and not route.chooses:
                return _of_another(view)
            with failures.translated():
                return route.answer(view)
        except WorkplaceError as error:
            is_page = route.method == "GET" and "hx-request" not in view.request.headers
            return deployments_page.show(view) if is_page else view.problem(error)
        except OperatorError as error:
            return view.problem(error)

    async def endpoint(request: Request) -> Response:
        form: dict[str, str] = {}
        uploads: dict[str, list[Path]] = {}
        if request.method == "POST":
            files = MAX_FILES if route.path.endswith(UPLOADS) else 0
            async with request.form(max_files=files, max_fields=100) as sent:
                form = {name: each for name, each in sent.items() if isinstance(each, str)}
                uploads = await run_in_threadpool(_kept, state, sent)
        answered = await run_in_threadpool(answer, View(request, state, form, uploads))
        if uploads and answered.status_code >= HTTPStatus.BAD_REQUEST:
            await run_in_threadpool(_forget, uploads)
        return answered

    return endpoint


def _of_another(view: View) -> Response:
    """Load a page again that asks for a part of itself; refuse what would change something."""
    if view.request.method == "POST":
        raise ActError(OF_ANOTHER)
    return PlainTextResponse("", headers={"HX-Refresh": "true"})


def _kept(state: ConsoleState, sent: FormData) -> dict[str, list[Path]]:
    """Keep the files that were sent, by field, in a folder of their own."""
    uploads: dict[str, list[Path]] = {}
    folder: Path | None = None
    for field, each in sent.multi_items():
        if not isinstance(each, UploadFile) or not each.filename:
            continue
        folder = folder or state.files.new_folder()
        file = kept_files.named(folder, each.filename)
        with kept_files.private(file).open("wb") as kept:
            copyfileobj(each.file, kept)
        uploads.setdefault(field, []).append(file)
    return uploads


def _forget(uploads: Mapping[str, Sequence[Path]]) -> None:
    for file in chain.from_iterable(uploads.values()):
        rmtree(file.parent, ignore_errors=True)


def _missing(state: ConsoleState) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    """Return what says that there is no such page; who has no session does not get to it."""

    async def missing(request: Request, _: Exception) -> Response:
        path = request.url.path.removeprefix(state.sign_in.path)
        error = MissingPageError(f"the console has no page `{path}`: follow a link instead")
        return View(request, state).problem(error)

    return missing


async def _end_broken_off(_: Request, error: Exception) -> Response:
    return PlainTextResponse(BROKEN_OFF, 408, {"Connection": "close"})


def _show_fault(_: Request, error: Exception) -> Response:
    return PlainTextResponse(FAULT, 500)


def _plan(view: View) -> HTMLResponse:
    act = ACTS.get(view.request.path_params["act"])
    if act is None:
        raise ActError("there is no such act")
    plan = act(view.operator, view.form.get("tenant", ""), view.form)
    if isinstance(plan, LongPlan):
        return work_page.begin_plan(view, plan)
    return view.plan(plan, view.console.plans.add(plan))


def _carry_out(view: View) -> HTMLResponse:
    name, plans = view.request.path_params["plan"], view.console.plans
    try:
        plan = plans.read(name)
        result = plans.carry_out(view.operator, name, view.form)
    except (ActError, ReasonError) as error:
        return view.plan(plans.read(name), name, str(error))
    work = None
    if result.rest is not None:
        title, steps = result.rest
        work = view.begin(title, view.sender, steps, view.form.get("reason", "").strip())
    return view.fragment("result.html", {"result": result, "work": work, **view.calls(plan)})


_OWN = [
    PageRoute("/acts/{act}", _plan, "POST"),
    PageRoute("/plans/{plan}", _carry_out, "POST"),
]

ROUTES: tuple[PageRoute, ...] = (*_OWN, *chain.from_iterable(page.ROUTES for page in _PAGES))
"""All that needs the session: what the pages have in common, and the pages."""
