"""A request of a page, and the ways to answer it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from rollcall.console import rendering
from rollcall.console.act import Plan, PlansShown
from rollcall.console.cycle_check import CycleChecks
from rollcall.console.followed_logs import FollowedLogs
from rollcall.console.job_memory import JobMemory
from rollcall.console.kept_files import KeptFiles
from rollcall.console.sign_in import ConsoleSignIn
from rollcall.console.work import Steps, Work, WorkList
from rollcall.console.workplace import Workplace
from rollcall.operations.failures import CredentialsError, UnknownTenantError
from rollcall.operations.object_connection import SynchronizationJob
from rollcall.operations.operator import Operator
from rollcall.operations.text_search import TextSearch
from rollcall.operator_error import OperatorError

DEPLOYMENT = "rollcall-deployment"
"""The header that says of which choice of a deployment a page is."""

OF_ANOTHER = (
    "this page is of another deployment than the one that the console works on now, and nothing is "
    "done: load the page again"
)


class MissingPageError(OperatorError):
    """The console has no page at this path."""


Values: TypeAlias = Mapping[str, object]
"""What a template is filled with."""

TABS: list[tuple[str, str]] = [
    ("", "Overview"),
    ("duplicates", "Duplicates"),
    ("people", "People"),
    ("templates", "Templates"),
    ("brake", "Brake"),
    ("log", "Log"),
    ("first-cycle", "First cycle"),
]
"""The pages of a tenant, by path and name, in the order of the tabs."""


@dataclass(frozen=True)
class ConsoleState:
    """What one console keeps while it runs."""

    sign_in: ConsoleSignIn
    workplace: Workplace
    plans: PlansShown = field(default_factory=PlansShown)
    works: WorkList = field(default_factory=WorkList)
    followed: FollowedLogs = field(default_factory=FollowedLogs)
    jobs: JobMemory = field(default_factory=JobMemory)
    files: KeptFiles = field(default_factory=KeptFiles)
    checks: CycleChecks = field(default_factory=CycleChecks)
    searches: dict[str, TextSearch] = field(default_factory=dict)


@dataclass(frozen=True)
class View:
    """A request, with what was sent in its form, and the files that were sent, by field."""

    request: Request
    console: ConsoleState
    form: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, Sequence[Path]] = field(default_factory=dict)

    @property
    def operator(self) -> Operator:
        """Who operates which deployment. Raises OperatorError."""
        return self.console.workplace.operator

    @property
    def is_of_another(self) -> bool:
        """Whether the request comes from a page of a deployment that is not worked on any more.

        A request that changes something has to say of which it is.
        """
        number = str(self.console.workplace.number)
        expected = "" if self.request.method == "POST" else number
        return self.request.headers.get(DEPLOYMENT, expected) != number

    @property
    def tenant(self) -> str:
        """The tenant in the path."""
        return str(self.request.path_params["tenant"])

    def synchronization(self, tenant: str) -> SynchronizationJob:
        """Return the provisioning job that was entered for a tenant, with gaps without one."""
        return self.console.jobs.read(self.console.workplace.name, tenant)

    @property
    def root(self) -> str:
        """The path below which all pages are."""
        return self.console.sign_in.path

    @property
    def sender(self) -> str:
        """The URL of the page that asks; that of the first page where it is none of ours."""
        url = self.request.headers.get("hx-current-url", "")
        own = f"{self.console.sign_in.origin}{self.root}/"
        return url if url.startswith(own) else f"{self.root}/"

    @property
    def names(self) -> frozenset[str]:
        """What the request names: a sentence may begin with one of them."""
        named = (self.request.path_params, self.request.query_params, self.form)
        return frozenset(chain(self.sender.split("/"), *(each.values() for each in named)))

    def value(self, name: str) -> str:
        """Return a parameter of the URL, empty without it."""
        return self.request.query_params.get(name, "").strip()

    def begin(self, title: str, back: str, steps: Steps, reason: str = "") -> Work:
        """Begin work that takes long, by the operator; `back` is the page that leads to it."""
        operator = self.operator.because(reason) if reason else self.operator
        return self.console.works.begin(title, back, steps, operator, self.console.workplace.choice)

    def begun(self, title: str, steps: Steps) -> HTMLResponse:
        """Begin work whose result is looked at, and answer with how far it is."""
        return self.fragment("begun.html", {"work": self.begin(title, self.sender, steps)})

    def page(self, template: str, here: str, values: Values, *, status: int = 200) -> HTMLResponse:
        """Answer with a whole page; `here` is its name in the navigation."""
        tenant = self.request.path_params.get("tenant", "")
        bar = self.console.workplace.bar()
        frame = {"root": self.root, "bar": bar, "here": here, "tenant": tenant, "tabs": TABS}
        frame["deployment"] = self.console.workplace.number
        return HTMLResponse(rendering.render(template, **{**frame, **values}), status)

    def fragment(self, template: str, values: Values, *, status: int = 200) -> HTMLResponse:
        """Answer with a part of a page."""
        return HTMLResponse(rendering.render(template, root=self.root, **values), status)

    def plan(self, plan: Plan, name: str, error: str = "") -> HTMLResponse:
        """Answer with a plan, by the name that it is kept by; `error` says why it failed."""
        error = rendering.quoted(error, self.names)
        return self.fragment(
            "plan.html", {"plan": plan, "name": name, "error": error, **self.calls(plan)}
        )

    def calls(self, plan: Plan) -> Values:
        """Return the job whose calls clear what Entra ID remembers of the account of a plan."""
        remembered = plan.remembered
        job = self.synchronization(remembered.tenant) if remembered else None
        return {"remembered": remembered, "synchronization": job}

    def problem(self, error: OperatorError) -> HTMLResponse:
        """Answer with what is wrong and what to do; what was begun can be tried again."""
        choice, command = self.console.workplace.choice, ""
        missing = isinstance(error, (MissingPageError, UnknownTenantError))
        title = "That is not here" if missing else "That is not possible"
        status = (
            HTTPStatus.NOT_FOUND if isinstance(error, MissingPageError) else HTTPStatus.CONFLICT
        )
        if isinstance(error, CredentialsError):
            self.console.workplace.forget_credentials()
            command = choice.command if choice else "aws sso login"
            title = "Sign in to AWS"
        url = self.request.url
        values: dict[str, object] = {
            "title": title,
            "missing": missing,
            "sentences": [rendering.quoted(each, self.names) for each in str(error).splitlines()],
            "command": command,
            "path": urlunsplit(("", "", url.path, url.query, "")),
            "connected": self.console.workplace.is_connected,
            "form": dict(self.form),
            "dialog": self.request.method == "POST",
        }
        if "hx-request" in self.request.headers:
            answer = self.fragment("problem.html", values, status=status)
            if self.request.method == "GET":  # it is shown within what was to be replaced
                answer.headers.update({"HX-Reselect": ".problem", "HX-Reswap": "innerHTML"})
            return answer
        frame = {"tenant": ""} if missing else {}
        return self.page("problem_page.html", "", {**values, **frame}, status=status)


Answer: TypeAlias = Callable[[View], Response]
"""Answers a request of a page. Raises OperatorError, which is shown."""


@dataclass(frozen=True)
class PageRoute:
    """A page, or a part of one, by its path below the root and its method.

    `chooses` says that it chooses a deployment, so that it may come from a page of any.
    """

    path: str
    answer: Answer
    method: str = "GET"
    chooses: bool = False
