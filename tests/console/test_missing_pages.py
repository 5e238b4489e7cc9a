"""What is not there: an unknown path, an unknown tenant, a local server that does not run."""

from __future__ import annotations

import pytest

from rollcall.console.sign_in import ConsoleSignIn
from rollcall.console.view import ConsoleState
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.operations.deployment import NoServerError
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, PORT, Visitor, opened, visitor


@pytest.fixture
def ann(services: Services) -> Visitor:
    return visitor(services)


def without_server(_: DeploymentChoice) -> Operator:
    raise NoServerError("neither --stack nor the environment names a deployment")


@pytest.mark.parametrize("path", ["/nothing", "/t/NOPE!/", "/t/acme/nothing"])
def test_an_unknown_path_says_so_and_leads_to_the_tenants(ann: Visitor, path: str) -> None:
    answer = ann.client.get(ann.root + path, headers=OURS)
    shown = answer.text.replace("<wbr>", "")

    assert answer.status_code == 404
    assert f"The console has no page <code>{path}</code>" in shown
    assert f'<a href="{ann.root}/">To the tenants</a>' in shown
    assert "Try again" not in shown


def test_an_unknown_path_tells_nothing_to_who_has_no_session(ann: Visitor) -> None:
    ann.client.cookies.clear()

    answer = ann.client.get(f"{ann.root}/nothing", headers=OURS)

    assert answer.status_code == 401
    assert "no page" not in answer.text


@pytest.mark.parametrize("page", ["", "log", "notes", "brake"])
def test_an_unknown_tenant_leads_to_those_that_there_are(ann: Visitor, page: str) -> None:
    answer = ann.client.get(f"{ann.root}/t/nope/{page}", headers=OURS)

    assert answer.status_code == 409
    assert "There is no tenant nope." in answer.text
    assert f'<a href="{ann.root}/">To the tenants</a>' in answer.text
    assert "Try again" not in answer.text
    assert 'class="tabs"' not in answer.text


def test_without_a_local_server_its_button_says_how_one_is_started(services: Services) -> None:
    ann = opened(ConsoleState(ConsoleSignIn(PORT), Workplace(without_server, None, None)))

    answer = ann.send("/deployments", {"stack": ""})

    assert answer.status_code == 409
    assert "No local server runs on this machine: start one" in answer.text
    assert "<code>rollcall serve</code>" in answer.text
    assert "--stack" not in answer.text
