"""One console, several deployments: an act meets the one that its page shows."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from rollcall.console.view import DEPLOYMENT
from rollcall.console.work import Work, WorkList
from rollcall.console.workplace import DeploymentChoice, Workplace
from rollcall.model.progress import Progress
from rollcall.operations.operator import Operator
from rollcall.runtime.services import Services
from tests.console.consoles import OURS, Visitor, visitor

ARN = "operator:arn:aws:sts::111122223333:assumed-role/Support/ann"


@pytest.fixture
def ann(services: Services) -> Visitor:
    return visitor(services)


def choose_another(ann: Visitor) -> None:
    assert ann.send("/deployments", {"stack": "another"}).headers["HX-Redirect"] == f"{ann.root}/"


def test_a_plan_that_was_shown_of_another_deployment_is_not_carried_out(
    services: Services, ann: Visitor
) -> None:
    name, _ = ann.plan("create", name="acme")
    choose_another(ann)

    answer = ann.send(f"/plans/{name}")

    assert answer.status_code == 409
    assert "this page is of another deployment" in answer.text.lower()
    assert list(services.tenants.names()) == []


def test_a_page_of_another_deployment_plans_nothing(ann: Visitor) -> None:
    choose_another(ann)

    assert ann.send("/acts/create", {"name": "acme"}).status_code == 409


def test_a_form_that_does_not_say_of_which_deployment_it_is_is_refused(ann: Visitor) -> None:
    answer = ann.client.post(f"{ann.root}/acts/create", data={"name": "acme"}, headers=OURS)

    assert answer.status_code == 409


def test_a_page_of_another_deployment_that_asks_for_a_part_of_itself_is_loaded_again(
    ann: Visitor,
) -> None:
    choose_another(ann)

    answer = ann.client.get(f"{ann.root}/", headers={**OURS, DEPLOYMENT: "0"})

    assert answer.headers["HX-Refresh"] == "true"
    assert answer.text == ""


def test_a_page_says_of_which_choice_it_is(ann: Visitor) -> None:
    choose_another(ann)

    assert """hx-headers='{"Rollcall-Deployment":"1"}'""" in ann.page("/deployments")


def test_stacks_of_one_name_are_remembered_by_profile_and_region(
    services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "console.json"
    workplace = Workplace(lambda _: Operator(services, "operator:ann"), file, None)
    here, there = (DeploymentChoice("rollcall", "support", each) for each in ("r1", "r2"))

    workplace.choose(here)
    workplace.choose(there)
    workplace.choose(here)

    assert workplace.remembered() == [here, there]
    assert len(json.loads(file.read_text())) == 2


@pytest.mark.parametrize("stack", ["rollcall", "rollcall-device", "demography", "prod-qatar"])
def test_a_stack_is_of_production_unless_a_word_of_its_name_says_otherwise(stack: str) -> None:
    assert DeploymentChoice(stack).is_production


@pytest.mark.parametrize("stack", ["rollcall-dev", "dev2-rollcall", "Staging", "rollcall_test_1"])
def test_a_stack_for_trials_says_so_in_a_word(stack: str) -> None:
    assert not DeploymentChoice(stack).is_production


def test_a_table_of_aws_that_the_environment_names_is_no_local_server(services: Services) -> None:
    in_aws = Services(replace(services.settings, endpoint_url=None), services.clients)
    workplace = Workplace(lambda _: Operator(in_aws, ARN), None, DeploymentChoice())
    assert workplace.operator

    assert workplace.bar().deployment == "that of the environment"
    assert workplace.bar().is_production


def test_work_that_failed_goes_on_once(services: Services) -> None:
    works, operator = WorkList(), Operator(services, ARN)

    def steps(_: Operator) -> Generator[Progress, None, list[str]]:
        yield Progress(step="erasing")
        return []

    failed = Work("x", "An erasure", "/", steps, operator, ended=True, failed=True)

    assert works.again(failed, operator) is not failed
    assert works.again(failed, operator) is failed
    assert len(works.all()) == 1


def test_the_command_that_signs_in_can_be_pasted() -> None:
    choice = DeploymentChoice("rollcall", "two words; whoami", "")

    assert choice.command == "aws sso login --profile 'two words; whoami'"
