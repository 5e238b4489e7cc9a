"""A console over a test's own deployment, and a browser of it that has signed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from rollcall.console.console_application import application
from rollcall.console.sign_in import ConsoleSignIn
from rollcall.console.view import DEPLOYMENT, ConsoleState
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services

PORT = 49152
ORIGIN = f"http://127.0.0.1:{PORT}"
OURS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}

RUNNING = '<span class="mark">at work</span>'
"""What a page shows of work that has not ended."""

_WORK = re.compile(r'id="work-([\w-]+)"')
_PLAN = re.compile(r'hx-post="/[^"/]+/plans/([\w-]+)"')


@dataclass
class Visitor:
    """A person at the console."""

    client: TestClient
    root: str
    deployment: str = "0"

    def page(self, path: str, **parameters: str) -> str:
        """Return a page, which is answered."""
        answer = self.client.get(self.root + path, params=parameters or None, headers=OURS)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, form: Mapping[str, str] | None = None) -> Any:
        """Return the answer to a form."""
        headers = {**OURS, "HX-Request": "true", DEPLOYMENT: self.deployment}
        return self.client.post(self.root + path, data=dict(form or {}), headers=headers)

    def plan(self, act: str, **form: str) -> tuple[str, str]:
        """Return the name of the plan of an act, which may take long, and what is shown of it."""
        answer = self.send(f"/acts/{act}", form)
        assert answer.status_code == 200, answer.text
        if work := _WORK.search(answer.text):
            self.ended(answer.text)
            answer = self.send(f"/work/{work[1]}/plan")
            assert answer.status_code == 200, answer.text
        (name,) = _PLAN.findall(answer.text)
        return name, answer.text

    def ended(self, told: str) -> str:
        """Wait for the work that an answer shows, and return what came of it."""
        (work,) = _WORK.findall(told)
        while RUNNING in told:
            told = self.page(f"/work/{work}")
        return told

    def act(self, act: str, reason: str = "", typed: str = "", **form: str) -> str:
        """Plan an act and carry it out; return what is told of it."""
        name, _ = self.plan(act, **form)
        answer = self.send(f"/plans/{name}", {"reason": reason, "typed": typed})
        assert answer.status_code == 200, answer.text
        return str(answer.text)


def console(
    services: Services, sign_in: ConsoleSignIn | None = None, name: str = "operator:ann"
) -> tuple[TestClient, ConsoleSignIn]:
    """Return a console over a deployment, which nobody has opened yet."""
    sign_in = sign_in or ConsoleSignIn(PORT)
    workplace = Workplace(lambda _: Operator(services, name), None, DeploymentChoice())
    app = application(ConsoleState(sign_in, workplace))
    return TestClient(app, base_url=ORIGIN, raise_server_exceptions=True), sign_in


def visitor(services: Services, name: str = "operator:ann") -> Visitor:
    """Return a person who has opened the link of a console."""
    workplace = Workplace(lambda _: Operator(services, name), None, DeploymentChoice())
    return opened(ConsoleState(ConsoleSignIn(PORT), workplace))


def opened(state: ConsoleState) -> Visitor:
    """Return a person who has opened the link of a console that is given."""
    client, sign_in = TestClient(application(state), base_url=ORIGIN), state.sign_in
    code = sign_in.link.partition("#")[2]
    answer = client.post("/sign-in", content=code, headers=OURS)
    assert answer.status_code == 200
    return Visitor(client, sign_in.path)
